/** `samplers`: every cell is what `sample` and `evaluate` give, distances are to the solution, and stopping changes nothing. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { must } from '../../src/cli/errors.ts'
import { evaluateRun, quietly } from '../../src/cli/evaluate.ts'
import { distanceOf } from '../../src/cli/evaluation/evaluation.ts'
import { EvaluationStopped } from '../../src/cli/evaluation/session.ts'
import { compareSamplers } from '../../src/cli/samplers.ts'
import { catalogue, type SamplersOptions } from '../../src/cli/settings/options.ts'
import { train } from '../../src/cli/train.ts'
import { kinds } from '../../src/data/index.ts'
import { samplerNames } from '../../src/diffusion/sampler/samplers.ts'
import { pictureWhole } from '../../src/io/png.ts'
import { models } from '../../src/models/index.ts'
import { tinyNetwork } from '../evaluation/tinyNetwork.ts'
import { convnet, stripes } from './convnet.ts'
import { refusal } from './runs.ts'
import { quiet } from './tiny.ts'

const known = catalogue({ models: [...models, convnet], kinds: [...kinds, stripes] })
const shared = await tinyNetwork(16, ['even', 'odd'])
t.teardown(() => shared.dispose())
const run = join(t.testdir(), 'run')
{
  const path = join(t.testdirName, 'c.yaml')
  const training = { learning_rate: 0.05, warmup_images: 0, ema_half_life: 1, batch: 4 }
  const cadence = { save_seconds: 1e9, validation_seconds: 1e9, grid_seconds: 1e9 }
  writeFileSync(path, JSON.stringify({ preset: 'convnet-s', training, cadence }))
  await train({ config: path, steps: 6, threads: 1, out: run }, quiet(), known)
}

const usual = { run, threads: 1, referenceSteps: 16, perClass: 1 } as const
const judged = { network: 'tiny', count: 4, steps: '1' } as const
const environment = (stopped = () => false) => ({
  ...quietly,
  stopped,
  openNetwork: async () => ({ ...shared, dispose: async () => undefined }),
})
const compared = (o: Partial<SamplersOptions>, stopped?: () => boolean) =>
  compareSamplers({ ...usual, ...o }, environment(stopped), known)
const folderOf = (t: Test): string => join(t.testdir(), 'samplers')

t.test('every sampler with every number of steps; errors fall to the solution', async (t) => {
  const out = folderOf(t)
  const { cells, asked } = await compared({ out, steps: '2,16' })
  t.strictSame(
    cells.map(({ sampler, steps }) => [sampler, steps]),
    samplerNames.flatMap((name) => [2, 16].map((n) => [name, n])),
  )
  t.strictSame([asked.step, asked.images, asked.judged], [6, 24, null])
  const errorOf = (name: string, n: number): number =>
    cells.find(({ sampler, steps }) => sampler === name && steps === n)?.error ?? Number.NaN
  t.equal(errorOf('heun', 16), 0, 'the solution is 16 steps of it')
  for (const name of ['euler', 'heun']) t.ok(errorOf(name, 16) < errorOf(name, 2) / 2, name)
  t.match(readFileSync(join(out, 'samplers.md'), 'utf8'), '| sampler | 2 steps | 16 steps |')
  await must(pictureWhole(join(out, 'samplers.png')))
})

t.test(
  'distances are those of evaluate; stopped at any place it goes on, and ends as if it had never been stopped',
  async (t) => {
    const [whole, parts] = [join(t.testdir(), 'whole'), join(t.testdirName, 'parts')]
    const { cells } = await compared({ ...judged, out: whole })
    const [first] = cells
    if (first === undefined) throw new TypeError('there is no cell')
    const again = await evaluateRun(
      { run, threads: 1, sampler: first.sampler, steps: 1, count: 4, out: join(whole, 'again') },
      environment(),
      known,
    )
    t.equal(first.distance?.value, distanceOf(again).figure.value)
    for (const asks of [3, 30]) {
      let left = asks
      const ended: unknown = await compared({ ...judged, out: parts }, () => --left < 0).catch(
        (error: unknown) => error,
      )
      t.ok(ended instanceof EvaluationStopped, `${ended}`)
      t.notOk(existsSync(join(parts, 'samplers.md')))
    }
    await compared({ ...judged, out: parts })
    for (const file of ['samplers.json', 'samplers.md', 'samplers.png'])
      t.ok(readFileSync(join(parts, file)).equals(readFileSync(join(whole, file))), file)
  },
)

t.test('more steps make what is missing only; other options are refused', async (t) => {
  const out = folderOf(t)
  await compared({ out, steps: '1' })
  const { cells } = await compared({ out, steps: '2,1' })
  t.equal(cells.length, 2 * samplerNames.length)
  t.equal(
    await refusal(compared({ out, steps: '1', guidance: 5 })),
    `${out} was begun with another guidance: give the same options, or another --out`,
  )
})

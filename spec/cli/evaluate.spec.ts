/** `evaluate`: the samples are those of `sample`, the figures are of all of them, and stopping changes nothing. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { must } from '../../src/cli/errors.ts'
import { evaluateRun, quietly } from '../../src/cli/evaluate.ts'
import { distanceOf, readEvaluation } from '../../src/cli/evaluation/evaluation.ts'
import { EvaluationStopped } from '../../src/cli/evaluation/session.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { catalogue, type EvaluateOptions } from '../../src/cli/settings/options.ts'
import { train } from '../../src/cli/train.ts'
import { kinds } from '../../src/data/index.ts'
import type { FeatureNetwork } from '../../src/evaluation/featureNetwork.ts'
import { loadNpz, saveNpz } from '../../src/io/npz.ts'
import { grid, pictureWhole } from '../../src/io/png.ts'
import { models } from '../../src/models/index.ts'
import { tinyNetwork } from '../evaluation/tinyNetwork.ts'
import { convnet, stripes } from './convnet.ts'
import { refusal } from './runs.ts'
import { quiet } from './tiny.ts'

const known = catalogue({ models: [...models, convnet], kinds: [...kinds, stripes] })
type Asked = Omit<EvaluateOptions, 'run' | 'out'> & { readonly out: string }

/** A run of two classes of 4 x 4 pictures, fast enough that its averages tell classes apart. */
const trained = async (t: Test, more: object = {}): Promise<string> => {
  const folder = t.testdir()
  const [path, run] = [join(folder, 'c.yaml'), join(folder, 'run')]
  const training = { learning_rate: 0.05, warmup_images: 0, ema_half_life: 1, batch: 4 }
  const cadence = { save_seconds: 1e9, validation_seconds: 1e9, grid_seconds: 1e9 }
  writeFileSync(path, JSON.stringify({ preset: 'convnet-s', training, cadence, ...more }))
  await train({ config: path, steps: 6, threads: 1, out: run }, quiet(), known)
  return run
}
const run = await trained(t)
const shared = await tinyNetwork(16, ['even', 'odd'])
t.teardown(() => shared.dispose())
/** Where one test evaluates it. */
const folderOf = (t: Test): string => join(t.testdir(), 'evaluation')

interface Watched {
  readonly said: string[]
  /** Every picture that the network saw, in order. */
  readonly seen: Float32Array[]
}

const evaluated = async (run: string, o: Asked, about: Partial<FeatureNetwork> = {}, stopped = () => false) => {
  const watched: Watched = { said: [], seen: [] }
  const found = await evaluateRun(
    { run, threads: 1, ...o },
    {
      ...quietly,
      say: (line) => watched.said.push(line),
      stopped,
      openNetwork: async (_, { dataset }) => {
        const each = dataset.size ** 2 * dataset.channels
        const judge: FeatureNetwork['judge'] = (pictures, n) => {
          for (let i = 0; i < n; i++) watched.seen.push(pictures.slice(i * each, (i + 1) * each))
          return shared.judge(pictures, n)
        }
        return { ...shared, labels: dataset.classes, ...about, judge, dispose: async () => undefined }
      },
    },
    known,
  )
  return { found, ...watched }
}

t.test('the samples are those of `sample`, with the options given; the first n of m are the n', async (t) => {
  const out = folderOf(t)
  const o = { seed: 5, guidance: 3, steps: 4, sampler: 'euler', threads: 1 } as const
  const { seen } = await evaluated(run, { ...o, out, count: 6 })
  const samples = seen.slice(-6)
  const rows = ['even', 'odd'].map((label, c) => ({ label, images: samples.filter((_, i) => i % 2 === c) }))
  const path = join(out, 'same.png')
  await sample({ run, ...o, count: 3, out: path }, () => undefined, undefined, known)
  const classes = JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8')).class_accuracy.by_class
  const named = rows.map((row, c) => ({ ...row, label: String(classes[c].name) }))
  const png = await must(grid({ rows: named, height: 4, width: 4, channels: 1 }))
  t.ok(readFileSync(path).equals(png))
  const more = await evaluated(run, { ...o, out, count: 9 })
  t.same(more.seen.slice(-9, -3), samples)
})

t.test('what it writes: figures with their names, counts and the accuracy of the network', async (t) => {
  const out = folderOf(t)
  const { found, said } = await evaluated(run, { out, count: 21, steps: 2, precisionCount: 10, splits: 2 })
  t.same(await must(readEvaluation(join(out, 'evaluation.json'))), found, 'the file says what the function says')
  t.equal(await must(readEvaluation(join(out, 'none.json'))), null)
  await must(pictureWhole(join(out, 'evaluation.png')))
  t.same([existsSync(join(out, 'evaluation-state.safetensors')), existsSync(join(out, '.lock'))], [false, false])
  t.match(found, {
    step: 6,
    images: 24,
    sampling: { count: 21, seed: 0, guidance: 2, steps: 2, sampler: 'heun', schedule: 'karras', others: {} },
    network: { name: 'a tiny network', features: 6, held_out_accuracy: 0.25 },
    reference: { source: 'training pictures of stripes' },
    fid: null,
    relative_distance: { real_pictures: 21, held_out_accuracy: 0.25 },
    inception_score: null,
    relative_inception_score: { splits: 2, held_out_accuracy: 0.25 },
    precision_recall: { samples: 10, real_pictures: 10, neighbours: 3, held_out_accuracy: 0.25 },
    class_accuracy: { by_class: [{ samples: 11 }, { samples: 10 }], held_out_accuracy: 0.25 },
  })
  const { value, of_real_pictures: floor } = distanceOf(found).figure
  t.ok(value > floor && floor > 0, 'samples of an untrained run are farther than real pictures')
  const text = said.join('\n')
  t.match(text, /21 samples of .* after 24 images: guidance 2, 2 steps of heun, seed 0/)
  t.match(text, /a tiny network, which names 25\.0 % of held-out pictures/)
  t.match(text, /^relative distance .*\(21 real pictures: /m)
  t.match(text, /^relative Inception score/m)
  t.notMatch(text, /FID/, 'nothing but the distance of its network is called FID')
})

t.test('only the network of FID gives a FID; a network with classes of its own gives no accuracy', async (t) => {
  const about = { distance: 'FID', labels: null, heldOutAccuracy: null } as const
  const { found, said } = await evaluated(run, { out: folderOf(t), count: 8, steps: 1 }, about)
  t.equal(distanceOf(found).called, 'FID')
  t.match(found, { relative_distance: null, relative_inception_score: null, class_accuracy: null })
  t.ok(found.fid !== null && found.inception_score !== null)
  t.match(said.join('\n'), /^FID /m)
  t.notMatch(said.join('\n'), /relative/)
  const few = await evaluated(run, { out: folderOf(t), count: 3, steps: 1 })
  t.equal(few.found.precision_recall, null, 'three samples have no three nearest others')
})

t.test('stopped at any point and resumed, it ends as if it had never been stopped', async (t) => {
  const folder = t.testdir()
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')]
  await evaluated(run, { count: 70, steps: 2, out: whole })
  let [stops, allowed] = [0, 0]
  for (let done = false; !done; ) {
    let asked = 0
    const stopped = (): boolean => asked++ >= allowed
    try {
      await evaluated(run, { count: 70, steps: 2, out: parts }, {}, stopped)
      done = true
    } catch (error) {
      if (!(error instanceof EvaluationStopped)) throw error
      t.match(error.message, /^stopped (after \d+ of \d+|within) [\w -]+: the same command continues$/)
      stops++
      // at times before, at times within a turn of samples
      allowed = stops % 5 === 4 ? 1000 : stops % 5
    }
  }
  t.ok(stops >= 3, `${stops} stops`)
  for (const name of ['evaluation.json', 'evaluation.png'])
    t.ok(readFileSync(join(whole, name)).equals(readFileSync(join(parts, name))), name)
})

t.test('it resumes nothing that was asked for differently, nor what is damaged', async (t) => {
  const out = folderOf(t)
  let asked = 0
  const late = (): boolean => asked++ >= 3
  const stopped = await refusal(evaluated(run, { out, count: 70, steps: 2 }, {}, late))
  t.match(stopped, /^stopped after/)
  const path = join(out, 'evaluation-state.safetensors')
  for (const [o, why] of [
    [{ count: 71 }, "count is 70, this one's 71"],
    [{ count: 70, guidance: 1 }, "guidance is 2, this one's 1"],
    [{ count: 70, guidanceSchedule: 'power_cosine' }, 'guidance_schedule is the usual, this one\'s "power_cosine"'],
    [{ count: 70, seed: 1 }, "seed is 0, this one's 1"],
    [{ count: 70, splits: 3 }, "splits is 10, this one's 3"],
    [{ count: 70, precisionCount: 9 }, "precision-count is 10000, this one's 9"],
  ] as const)
    t.match(
      await refusal(evaluated(run, { out, steps: 2, ...o })),
      `${path}: it is of another evaluation: its ${why}; give`,
    )
  t.match(
    await refusal(evaluated(run, { out, count: 70, steps: 2 }, { name: 'another' })),
    /its network is "a tiny network", this/,
  )
  const bytes = readFileSync(path)
  bytes[bytes.length - 9] = 255 - Number(bytes[bytes.length - 9])
  writeFileSync(path, bytes)
  t.match(await refusal(evaluated(run, { out, count: 70, steps: 2 })), new RegExp(`^${path}: .*damaged`))
})

t.test('statistics written and read again give the same distance; pictures of a file are judged', async (t) => {
  const out = folderOf(t)
  const file = join(t.testdir(), 'reference.npz')
  const o = { out, count: 12, steps: 1 }
  const own = await evaluated(run, { ...o, writeReference: file })
  const again = await evaluated(run, { ...o, reference: file })
  t.same(again.found.relative_distance, own.found.relative_distance)
  t.match(again.found.reference, { source: file, pictures: null })
  t.ok(again.seen.length < own.seen.length, 'the training pictures were not judged again')
  const mu = (await must(loadNpz(file))).get('mu')
  if (mu === undefined) throw new Error('the file has "mu"')

  const pixels = Uint8Array.from({ length: 5 * 16 }, (_, i) => (37 * i) % 256)
  await must(saveNpz(file, new Map([['arr_0', { shape: [5, 4, 4, 1], values: pixels }]])))
  const { found, seen } = await evaluated(run, { ...o, reference: file })
  t.match(found.reference, { source: file, pictures: 5 })
  t.same(
    seen[1],
    Float32Array.from(pixels.subarray(16, 32), (b) => b / 127.5 - 1),
  )
  await must(saveNpz(file, new Map([['arr_0', { shape: [5, 2, 8, 1], values: pixels }]])))
  t.match(
    await refusal(evaluated(run, { ...o, reference: file })),
    /arr_0 is \[5, 2, 8, 1\]: expected bytes \[n, 4, 4, 1\]/,
  )
  await must(saveNpz(file, new Map([['mu', mu]])))
  t.match(await refusal(evaluated(run, { ...o, reference: file })), /has neither "mu" and "sigma" nor "arr_0"/)
  await must(
    saveNpz(
      file,
      new Map([
        ['mu', mu],
        ['sigma', mu],
      ]),
    ),
  )
  t.match(
    await refusal(evaluated(run, { ...o, reference: file })),
    /its statistics are \[6\] and \[6\]: expected \[6\] and \[6, 6\]/,
  )
  t.match(await refusal(evaluated(run, { ...o, reference: file, writeReference: file })), /cannot be given together/)
})

t.test('an unconditional run has samples without classes', async (t) => {
  const out = folderOf(t)
  const without = await trained(t, { model: { model: 'convnet', side: 4, channels: 1, hidden: 4, classes: null } })
  const { found } = await evaluated(without, { out, count: 9, steps: 1 })
  t.equal(found.class_accuracy, null)
  await must(pictureWhole(join(out, 'evaluation.png')))
})

t.test('what is missing or not finite is said in one sentence', async (t) => {
  t.match(
    await refusal(evaluated(run, { out: folderOf(t), count: 1 })),
    '--count is 1: expected at least 2, one picture has no covariance',
  )
  t.match(await refusal(evaluated(join(run, 'none'), { out: folderOf(t) })), /is not a run: it has no config\.yaml/)
  const unmade = join(folderOf(t), 'unmade')
  t.match(
    await refusal(evaluateRun({ run, out: unmade, count: 4 }, quietly, known)),
    /^no finished run of a classifier of stripes is in runs: train one with: npm run train -- --preset classifier --data stripes --config FILE, where FILE says "model: \{image_size: 4\}"; or name a --network$/,
  )
  t.notOk(existsSync(unmade), 'a folder for results that there are not')
  const judge: FeatureNetwork['judge'] = async (_, n) => ({
    features: new Float32Array(6 * n).fill(Number.NaN),
    logits: new Float32Array(2 * n),
  })
  const broken = { ...quietly, openNetwork: async () => ({ ...shared, judge, dispose: async () => undefined }) }
  t.equal(
    await refusal(evaluateRun({ run, out: folderOf(t), threads: 1, count: 4 }, broken, known)),
    'a tiny network gives features that are not finite',
  )
})

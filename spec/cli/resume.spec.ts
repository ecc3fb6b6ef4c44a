/** Resuming a run: ownership of its folder, other writers, and what may not have changed. */
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { must } from '../../src/cli/errors.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { train } from '../../src/cli/train.ts'
import { remarks, verify } from '../../src/cli/verify.ts'
import { load, save } from '../../src/io/safetensorsFile.ts'
import { newestStep, rows, start, steps } from './processes.ts'
import { checkpoint, refusal } from './runs.ts'
import { config, often, quiet } from './tiny.ts'

t.test("a folder with another run's checkpoints is refused, and they stay", async (t) => {
  const folder = t.testdir()
  const [path, out] = [config(folder), join(folder, 'run')]
  await train({ config: path, steps: 3, out }, quiet())
  rmSync(join(out, 'config.yaml'))
  t.match(
    await refusal(train({ config: path, steps: 1, out }, quiet())),
    /run is not empty \(it holds .*\): name another --out/,
  )
  for (const name of readdirSync(out)) if (name !== 'checkpoints') rmSync(join(out, name), { recursive: true })
  t.match(await refusal(train({ config: path, steps: 1, out }, quiet())), 'run is not empty (it holds checkpoints)')
  t.strictSame(readdirSync(join(out, 'checkpoints')), ['step-3.safetensors'])
})

t.test(
  "another run's checkpoints with higher numbers are neither used, nor kept instead of the run's own",
  async (t) => {
    const folder = t.testdir()
    const path = config(folder)
    const [out, other] = [join(folder, 'run'), join(folder, 'other')]
    await train({ config: path, steps: 1, out }, quiet())
    await train({ config: path, steps: 6, out: other }, quiet())
    renameSync(checkpoint(other, 6), checkpoint(out, 6))
    await train({ resume: out, steps: 2 }, quiet())
    t.equal(newestStep(out), 2)
    t.strictSame(
      readdirSync(join(out, 'checkpoints')).sort(),
      [1, 2, 6].map((n) => `step-${n}.safetensors`),
    )
    t.match(await sample({ run: out, count: 1, steps: 1 }, (line) => t.match(line, 'from step 2')), /\.png$/)
    t.ok(await verify(out, () => undefined))
    t.match(await remarks(out), [
      { kind: 'ok' },
      { kind: 'ok' },
      { kind: 'ok' },
      { kind: 'ok' },
      { kind: 'ok' },
      { kind: 'note', what: /step-6.* is not in the run's record/ },
    ])
  },
)

t.test('a run in progress: a second writer is refused with its process, readers may read', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const { child, ended } = start('train', '--config', often(folder), '--minutes', '10', '--out', out)
  await rows(out, 6)
  t.match(
    await refusal(train({ resume: out, steps: 9 }, quiet())),
    new RegExp(
      `run is in use by process ${child.pid} on \\S+, writing since 20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC$`,
    ),
  )
  t.match(await refusal(train({ config: join(folder, 'tiny.yaml'), out }, quiet())), 'holds another run')
  t.match(await sample({ run: out, count: 1, steps: 1 }, () => undefined), /seed-0\.png$/)
  t.match((await remarks(out)).at(-1), { kind: 'note', what: `it is being written to by process ${child.pid} on` })
  child.kill('SIGINT')
  t.equal((await ended).code, 0)
  t.strictSame(
    steps(out),
    steps(out).map((_, i) => i),
    'and nothing of its history was cut',
  )
})

t.test('a lock left by a killed process is taken over with a notice', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const { child, ended } = start('train', '--config', often(folder), '--minutes', '10', '--out', out)
  await rows(out, 5)
  child.kill('SIGKILL')
  await ended
  const env = quiet()
  const saved = newestStep(out) ?? 0
  await train({ resume: out, steps: saved + 1 }, env)
  t.match(
    env.said[0],
    `run was locked by process ${child.pid} of this machine, which died without leaving it: taken over`,
  )
  t.strictSame(steps(out).length, saved + 2)
})

t.test('a setting edited since is refused with its old and new value; backend and length may change', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: config(folder), steps: 1, out }, quiet())
  const yaml = join(out, 'config.yaml')
  const said = readFileSync(yaml, 'utf8')
  const edited = async (before: string, after: string): Promise<string> => {
    t.ok(said.includes(before), before)
    writeFileSync(yaml, said.replace(before, after))
    return refusal(train({ resume: out, steps: 2 }, quiet()))
  }
  const judged = async (): Promise<readonly string[]> =>
    (await remarks(out)).filter(({ kind }) => kind === 'wrong').map(({ what }) => what)
  t.match(await edited('seed: 0', 'seed: 5'), `seed is 5 in ${yaml}, but the run was started with 0: `)
  t.match(await judged(), [/^seed is 5 in .*, but the run was started with 0/], 'verify says it too')
  t.match(
    await edited('learning_rate: 0.001', 'learning_rate: 0.002'),
    `training.learning_rate is 0.002 in ${yaml}, but the run was started with 0.001: `,
  )
  t.match(await edited('label_dropout: 0.1', 'label_dropout: 0'), 'training.label_dropout is 0 in')
  t.strictSame(steps(out), [0, 1])
  t.equal(await edited('  columns: 2', '  columns: 1'), 'it did not fail')
  t.strictSame(steps(out), [0, 1, 2])
})

t.test('a moved data set can be given with --data; different images are refused', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const [here, there] = [join(folder, 'here'), join(folder, 'there')]
  for (const name of ['a', 'b', 'c', 'd']) {
    mkdirSync(join(here, name), { recursive: true })
    cpSync('docs/images/samples.png', join(here, name, '1.png'))
  }
  await train({ config: config(folder), data: `folder:${here}`, steps: 1, out }, quiet())
  renameSync(here, there)
  t.match(await refusal(train({ resume: out, steps: 2 }, quiet())), /here/)
  await train({ resume: out, data: `folder:${there}`, steps: 2 }, quiet())
  t.strictSame(steps(out), [0, 1, 2])
  cpSync('docs/images/loss.png', join(there, 'a', '1.png'))
  t.match(await refusal(train({ resume: out, steps: 3 }, quiet())), `the images of folder:${there} are not those that`)
})

t.test('different images under the same name are refused on resume', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: config(folder), steps: 1, out }, quiet())
  const file = await must(load(checkpoint(out, 1)))
  const { sha256: _, run: __, ...metadata } = file.metadata
  const tensors = new Map([...file.tensors].map(([name, s]) => [name, { ...s, dtype: 'F32' as const }]))
  await must(save(checkpoint(out, 1), { tensors, metadata: { ...metadata, fingerprint: 'of other images' } }))
  t.match(await refusal(train({ resume: out, steps: 2 }, quiet())), 'the images of emoji are not those that')
})

/** Whole runs of a tiny model, in one process: the files of a run, and that stopping does not change them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type BackendName, backends } from '../../backends/index.ts'
import { must } from '../../src/cli/errors.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { train } from '../../src/cli/train.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import type { Backend } from '../../src/plan/backend.ts'
import { config, quiet } from './tiny.ts'

/** The bytes of every tensor of a checkpoint. */
const tensors = async (folder: string, step: number): Promise<Readonly<Record<string, string>>> => {
  const { tensors } = await must(load(join(folder, 'checkpoints', `step-${step}.safetensors`)))
  return Object.fromEntries(
    [...tensors].map(([name, { dtype, values }]) => [
      name,
      `${dtype} ${Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')}`,
    ]),
  )
}

const metrics = (folder: string): readonly { step: number; loss: number | null; validation: number | null }[] =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

t.test('a run of one step ends with configuration, metrics, loss curve, samples and checkpoint', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const env = quiet()
  await train({ config: config(folder), backend: 'wasm', steps: 1, out }, env)
  t.strictSame(readdirSync(out).sort(), [
    'checkpoints',
    'config.yaml',
    'loss.png',
    'loss.svg',
    'metrics.jsonl',
    'run.json',
    'samples',
  ])
  t.strictSame(readdirSync(join(out, 'checkpoints')), ['step-1.safetensors'])
  t.strictSame(readdirSync(join(out, 'samples')), ['step-1.png'])
  const rows = metrics(out)
  t.strictSame(
    rows.map((row) => row.step),
    [0, 1],
  )
  t.ok(
    rows.every((row) => Number.isFinite(row.validation)),
    'validated before and after',
  )
  const picture = await sample({ run: out, class: 'Flags', count: 1, steps: 2 }, () => undefined)
  t.equal(readFileSync(picture).subarray(1, 4).toString(), 'PNG')
})

for (const backend of ['cpu', 'wasm'] as const)
  t.test(`${backend}: four steps are two steps, then two more, bit for bit; on one thread as on two`, async (t) => {
    const folder = t.testdir()
    const [whole, halves] = [join(folder, 'whole'), join(folder, 'halves')]
    const path = config(folder, { micro_batch: 2 })
    await train({ config: path, backend, steps: 4, threads: 1, out: whole }, quiet())
    await train({ config: path, backend, steps: 2, threads: 2, out: halves }, quiet())
    await train({ resume: halves, steps: 4 }, quiet())
    t.strictSame(await tensors(halves, 4), await tensors(whole, 4))
    const losses = (out: string) => metrics(out).map(({ step, loss }) => ({ step, loss }))
    t.strictSame(losses(halves), losses(whole))
  })

t.test('a run compiles two plans, however long it is', async (t) => {
  const folder = t.testdir()
  let compiled = 0
  const counting = (b: Backend): Backend => ({
    ...b,
    compile: (plan, options) => {
      compiled += 1
      return b.compile(plan, options)
    },
  })
  const table: Readonly<Record<BackendName, Backend>> = { ...backends, cpu: counting(backends.cpu) }
  await train(
    { config: config(folder), backend: 'cpu', steps: 5, out: join(folder, 'run') },
    { ...quiet(), backends: table },
  )
  t.equal(compiled, 2)
})

t.test('the newest three checkpoints are kept, and metrics are truncated to the one resumed from', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: config(folder), backend: 'wasm', steps: 1, out }, quiet())
  for (const steps of [2, 3, 4]) await train({ resume: out, steps }, quiet())
  t.strictSame(
    readdirSync(join(out, 'checkpoints')).sort(),
    [2, 3, 4].map((n) => `step-${n}.safetensors`),
  )
  t.strictSame(
    metrics(out).map((row) => row.step),
    [0, 1, 2, 3, 4],
  )
})

t.test('--trace prints every kernel of one image with its shape and range', async (t) => {
  const folder = t.testdir()
  const env = quiet()
  await train({ config: config(folder), backend: 'cpu', trace: true, out: join(folder, 'run') }, env)
  t.ok(env.said.length > 100, 'a line a kernel')
  t.match(env.said.at(-1), /^loss \d.*no NaN in \d+ kernels$/)
  t.strictSame(readdirSync(folder), ['tiny.yaml'], 'and leaves nothing behind')
})

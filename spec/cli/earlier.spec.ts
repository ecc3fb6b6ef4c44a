/** Runs of earlier versions load, sample and continue. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { must } from '../../src/cli/errors.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { train } from '../../src/cli/train.ts'
import { verify } from '../../src/cli/verify.ts'
import { load, save } from '../../src/io/safetensorsFile.ts'
import { steps } from './processes.ts'
import { checkpoint, refusal } from './runs.ts'
import { config, often, quiet } from './tiny.ts'

t.test('the seed of a checkpoint without settings is checked by its key', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: config(folder), steps: 1, out }, quiet())
  const file = await must(load(checkpoint(out, 1)))
  const { sha256: _, run: __, settings: ___, ...metadata } = file.metadata
  const tensors = new Map([...file.tensors].map(([name, s]) => [name, { ...s, dtype: 'F32' as const }]))
  await must(save(checkpoint(out, 1), { tensors, metadata }))
  const yaml = join(out, 'config.yaml')
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace('seed: 0', 'seed: 5'))
  t.match(await refusal(train({ resume: out, steps: 2 }, quiet())), 'seed is 5 in')
})

t.test('a run without record, lock and hashes loads, samples and resumes, bit for bit', async (t) => {
  const folder = t.testdir()
  const [path, out, whole] = [often(folder), join(folder, 'run'), join(folder, 'whole')]
  await train({ config: path, steps: 4, out: whole }, quiet())
  await train({ config: path, steps: 2, out }, quiet())
  rmSync(join(out, 'run.json'))
  const yaml = join(out, 'config.yaml')
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(/cadence:\n( .*\n)+/, ''))
  for (const step of [1, 2]) {
    const file = await must(load(checkpoint(out, step)))
    const tensors = new Map([...file.tensors].map(([name, s]) => [name, { ...s, dtype: 'F32' as const }]))
    const { sha256: _, run: __, settings: ___, ...metadata } = file.metadata
    await must(save(checkpoint(out, step), { tensors, metadata }))
  }
  t.match(await sample({ run: out, count: 1, steps: 1 }, (line) => t.match(line, 'from step 2')), /\.png$/)
  await train({ resume: out, steps: 4 }, quiet())
  const tensors = async (folder: string) => (await must(load(checkpoint(folder, 4)))).tensors
  t.strictSame(await tensors(out), await tensors(whole))
  t.strictSame(steps(out), [0, 1, 2, 3, 4])
  t.ok(await verify(out, () => undefined))
})

t.test('a run written without records and hashes (spec/fixtures/run-0.0) resumes to the same result', async (t) => {
  const out = join(t.testdir(), 'run')
  cpSync('spec/fixtures/run-0.0', out, { recursive: true })
  t.ok(await verify(out, () => undefined), 'it is whole')
  t.match(await sample({ run: out, count: 1, steps: 1 }, (line) => t.match(line, 'from step 2')), /\.png$/)
  const env = quiet()
  await train({ resume: out, steps: 4 }, env)
  const notice = /begun by an earlier version: it continues, with other roundings/
  t.equal(env.said.filter((line) => notice.test(line)).length, 1)
  t.strictSame(steps(out), [0, 1, 2, 3, 4])
  const ours = await must(load(checkpoint(out, 4)))
  const theirs = await must(load(join(out, 'then-step-4.safetensors')))
  t.equal(ours.tensors.size, theirs.tensors.size)
  for (const [name, { values }] of theirs.tensors) {
    const mine = ours.tensors.get(name)?.values ?? new Float32Array()
    // other processors round otherwise; on the same one they are the same bits
    t.ok(
      values.every((x, i) => Math.abs((mine[i] ?? Number.NaN) - x) <= 1e-5 * Math.max(1, Math.abs(x))),
      name,
    )
  }
})

t.test('a checkpoint names its format: one of a later version is refused, one of this says nothing', async (t) => {
  const out = join(t.testdir(), 'run')
  await train({ config: config(t.testdirName), steps: 1, out }, quiet())
  const again = quiet()
  await train({ resume: out, steps: 2 }, again)
  t.notOk(again.said.some((line) => /earlier version/.test(line)))
  const file = await must(load(checkpoint(out, 2)))
  t.equal(file.metadata.format, 'diffit checkpoint 2')
  const tensors = new Map([...file.tensors].map(([name, s]) => [name, { ...s, dtype: 'F32' as const }]))
  const { sha256: _, run: __, ...metadata } = file.metadata
  await must(save(checkpoint(out, 2), { tensors, metadata: { ...metadata, format: 'diffit checkpoint 3' } }))
  t.match(
    await refusal(train({ resume: out, steps: 3 }, quiet())),
    /step-2\.safetensors: its format is "diffit checkpoint 3": expected one of diffit checkpoint 1, diffit checkpoint 2; /,
  )
})

t.test(
  'a run from before optimisers and schedules were settings continues, and says that roundings differ',
  async (t) => {
    const folder = t.testdir()
    const [path, out, whole] = [often(folder), join(folder, 'run'), join(folder, 'whole')]
    await train({ config: path, steps: 3, out: whole }, quiet())
    await train({ config: path, steps: 2, out }, quiet())
    const since = [
      ...['optimiser', 'matrix_learning_rate', 'schedule', 'schedule_images', 'process', 'noise', 'weight'],
      ...['block_gain', 'unit_tokens', 'decay_images', 'cooldown', 'matrix_momentum', 'matrix_weight_decay'],
    ]
    const yaml = join(out, 'config.yaml')
    const lines = readFileSync(yaml, 'utf8').split('\n')
    const section = lines.indexOf('training:')
    const isSince = (line: string, i: number): boolean =>
      i > section && i < lines.indexOf('sampling:') && since.some((name) => line.startsWith(`  ${name}:`))
    writeFileSync(yaml, lines.filter((line, i) => !isSince(line, i)).join('\n'))
    const file = await must(load(checkpoint(out, 2)))
    t.strictSame(
      [...new Set([...file.tensors.keys()].map((name) => name.match(/^(param|ema|adam\.m|adam\.v)\./)?.[1]))],
      ['param', 'ema', 'adam.m', 'adam.v'],
    )
    const tensors = new Map([...file.tensors].map(([name, s]) => [name, { ...s, dtype: 'F32' as const }]))
    const { sha256: _, run: __, done: ___, ...metadata } = file.metadata
    const settings: object = JSON.parse(metadata.settings ?? '')
    const older = Object.entries(settings).filter(([name]) => !since.includes(name.replace('training.', '')))
    t.equal(older.length, Object.keys(settings).length - (since.length - 1), 'all but the cooldown, which is not fixed')
    await must(
      save(checkpoint(out, 2), {
        tensors,
        metadata: { ...metadata, format: 'diffit checkpoint 1', settings: JSON.stringify(Object.fromEntries(older)) },
      }),
    )
    const env = quiet()
    await train({ resume: out, steps: 3 }, env)
    t.equal(env.said.filter((line) => /begun by an earlier version/.test(line)).length, 1)
    const tensorsOf = async (run: string) => (await must(load(checkpoint(run, 3)))).tensors
    t.strictSame(await tensorsOf(out), await tensorsOf(whole))
  },
)

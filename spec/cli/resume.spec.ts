/** Resuming a run: ownership of its folder, other writers, damage, and older runs. */
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Failure, must } from '../../src/cli/errors.ts'
import { sample } from '../../src/cli/sample.ts'
import { train } from '../../src/cli/train.ts'
import { remarks, verify } from '../../src/cli/verify.ts'
import { load, save } from '../../src/io/safetensorsFile.ts'
import { failing, whenOpened } from '../io/failing.ts'
import { newestStep, rows, start, steps } from './processes.ts'
import { config, often, quiet } from './tiny.ts'

const refusal = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'it did not fail',
    (error) => (error instanceof Failure ? error.message : `a defect: ${error}`),
  )

const checkpoint = (out: string, step: number): string => join(out, 'checkpoints', `step-${step}.safetensors`)

/** Flips one bit of a value in a file. */
const damage = (path: string): void => {
  const bytes = readFileSync(path)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 4321) ^ 16, bytes.length - 4321)
  writeFileSync(path, bytes)
}

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

t.test(
  'a damaged checkpoint is named and set aside, and the one before it is used; the run ends the same',
  async (t) => {
    const folder = t.testdir()
    const [path, out, whole] = [often(folder), join(folder, 'run'), join(folder, 'whole')]
    await train({ config: path, steps: 6, out: whole }, quiet())
    await train({ config: path, steps: 4, out }, quiet())
    damage(checkpoint(out, 4))
    t.notOk(await verify(out, () => undefined))
    t.match(
      (await remarks(out)).filter(({ kind }) => kind === 'wrong'),
      [{ what: /step-4\.safetensors: its content is damaged: it does not have the sha256/ }],
    )
    const env = quiet()
    await train({ resume: out, steps: 6 }, env)
    t.match(env.said[0], /step-4\.safetensors: its content is damaged: .*; falling back to the checkpoint of step 3$/)
    t.ok(readdirSync(join(out, 'checkpoints')).includes('damaged-step-4.safetensors'))
    t.strictSame(steps(out), [0, 1, 2, 3, 4, 5, 6])
    const tensors = async (folder: string) => (await must(load(checkpoint(folder, 6)))).tensors
    t.strictSame(await tensors(out), await tensors(whole))
    t.match(await refusal(train({ resume: out }, quiet())), 'is complete: step 6 of 6')
  },
)

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
  await train({ resume: out, steps: 4 }, quiet())
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

t.test('a newest checkpoint that cannot be opened is not replaced by an older one, and is not moved', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: often(folder), steps: 3, out }, quiet())
  const before = readdirSync(join(out, 'checkpoints'))
  const denied = failing(checkpoint(out, 3), 'EACCES')
  t.match(
    await refusal(train({ resume: out, steps: 4 }, quiet())),
    /cannot read .*step-3\.safetensors: permission denied\. It may be intact, so no older checkpoint is used instead$/,
  )
  denied.restore()
  t.strictSame(readdirSync(join(out, 'checkpoints')), before)
  await train({ resume: out, steps: 4 }, quiet())
  t.strictSame(steps(out), [0, 1, 2, 3, 4])
})

t.test('a temporarily unreadable lock loses no checkpoint', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const env = quiet()
  const hidden = { done: false }
  const say = (line: string): void => {
    env.said.push(line)
    if (line.startsWith('validation loss before')) {
      hidden.done = true
      renameSync(join(out, '.lock'), join(out, '.lock-away'))
      mkdirSync(join(out, '.lock'))
    }
    if (line.includes('saving is retried')) {
      rmSync(join(out, '.lock'), { recursive: true })
      renameSync(join(out, '.lock-away'), join(out, '.lock'))
    }
  }
  await train({ config: often(folder), steps: 3, out }, { ...env, progress: { ...env.progress, say } })
  t.ok(hidden.done)
  t.ok(env.said.some((line) => /cannot read the lock .*: it is a folder; training continues/.test(line)))
  t.equal(newestStep(out), 3)
})

t.test('removed rows of metrics are reported, and the run continues', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: config(folder), steps: 3, out }, quiet())
  const path = join(out, 'metrics.jsonl')
  writeFileSync(path, `${readFileSync(path, 'utf8').split('\n').slice(0, 2).join('\n')}\n`)
  const shortened = quiet()
  await train({ resume: out, steps: 4 }, shortened)
  t.equal(shortened.said[0], `${path} has no rows for steps 2 to 3: the run continues without them`)
  rmSync(path)
  const removed = quiet()
  await train({ resume: out, steps: 5 }, removed)
  t.equal(removed.said[0], `${path} has no rows for steps 0 to 4: the run continues without them`)
  const whole = quiet()
  await train({ resume: out, steps: 6 }, whole)
  t.match(whole.said[0], /^run {9}/)
})

t.test('verify finds nothing wrong with a checkpoint that its run deletes meanwhile', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: often(folder), steps: 3, out }, quiet())
  const record = join(out, 'run.json')
  const { checkpoints, ...rest } = JSON.parse(readFileSync(record, 'utf8'))
  const meanwhile = whenOpened(checkpoint(out, 1), () => {
    writeFileSync(record, JSON.stringify({ ...rest, checkpoints: checkpoints.slice(1) }))
    rmSync(checkpoint(out, 1))
  })
  const lines: string[] = []
  t.ok(await verify(out, (line) => lines.push(line)), lines.join('\n'))
  meanwhile.restore()
  t.notOk(
    lines.some((line) => line.startsWith('note')),
    'nor anything strange',
  )
  rmSync(checkpoint(out, 2))
  t.notOk(await verify(out, () => undefined), 'one that is missing is wrong')
})

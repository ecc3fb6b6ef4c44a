/** Runs with files that are damaged, missing or cannot be opened. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { must } from '../../src/cli/errors.ts'
import { train } from '../../src/cli/train.ts'
import { remarks, verify } from '../../src/cli/verify.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { failing, whenOpened } from '../io/failing.ts'
import { newestStep, steps } from './processes.ts'
import { checkpoint, refusal } from './runs.ts'
import { config, often, quiet } from './tiny.ts'

/** Flips one bit of a value in a file. */
const damage = (path: string): void => {
  const bytes = readFileSync(path)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 4321) ^ 16, bytes.length - 4321)
  writeFileSync(path, bytes)
}

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

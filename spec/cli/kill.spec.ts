/** Stopping a run from outside: Ctrl-C saves, kill -9 loses nothing that a checkpoint held. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { train } from '../../src/cli/train.ts'
import { newestStep, rows, start, startWith, steps } from './processes.ts'
import { config, quiet } from './tiny.ts'

t.test('Ctrl-C finishes the step, saves, and says how to resume; the run then resumes', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const { child, ended } = start('train', '--config', config(folder), '--minutes', '10', '--out', out)
  await rows(out, 5)
  child.kill('SIGINT')
  const { code, out: said } = await ended
  t.equal(code, 0)
  t.match(said, `resume with: npm run train -- --resume ${out}`)
  const saved = newestStep(out) ?? 0
  t.equal(steps(out).at(-1), saved, 'the last row is the step that was saved')
  t.notOk(existsSync(join(out, '.lock')), 'and nobody holds the folder')
  await train({ resume: out, steps: saved + 2 }, quiet())
  t.strictSame(
    steps(out),
    Array.from({ length: saved + 3 }, (_, i) => i),
  )
})

for (const signal of ['SIGTERM', 'SIGHUP'] as const)
  t.test(`${signal} (kill, or a terminal or connection that ends) does what Ctrl-C does`, async (t) => {
    const folder = t.testdir()
    const out = join(folder, 'run')
    const { child, ended } = start('train', '--config', config(folder), '--minutes', '10', '--out', out)
    await rows(out, 3)
    child.kill(signal)
    const { code, out: said } = await ended
    t.equal(code, 0)
    t.match(said, new RegExp(`${signal}.*: stopping after this step`))
    t.equal(steps(out).at(-1), newestStep(out))
  })

t.test(
  'a second signal exits in the middle of a step, with the code of the signal and the last checkpoint intact',
  async (t) => {
    const folder = t.testdir()
    const out = join(folder, 'run')
    await train({ config: config(folder), steps: 1, out }, quiet())
    const stuck = ['--import', join(import.meta.dirname, 'stuck.ts')]
    const { child, says, ended } = startWith(stuck, 'train', '--resume', out, '--minutes', '10')
    await rows(out, 3)
    child.kill('SIGUSR2')
    await says(/^stuck$/m)
    child.kill('SIGTERM')
    await says(/SIGTERM: stopping after this step/)
    // one that comes at once is taken for the same
    const again = setInterval(() => child.kill('SIGTERM'), 50)
    const { code, out: said } = await ended
    clearInterval(again)
    t.equal(code, 143)
    t.notMatch(said, /resume with/, 'it did not wait for the step')
    t.notOk(existsSync(join(out, '.lock')), 'nobody holds the folder')
    await train({ resume: out, steps: 2 }, quiet())
    t.strictSame(steps(out), [0, 1, 2])
  },
)

t.test('kill -9 before the first checkpoint: the run restarts from its configuration', async (t) => {
  const folder = t.testdir()
  const [out, whole] = [join(folder, 'run'), join(folder, 'whole')]
  const path = config(folder)
  const { child, ended } = start('train', '--config', path, '--minutes', '10', '--out', out)
  await rows(out, 5)
  child.kill('SIGKILL')
  t.equal((await ended).signal, 'SIGKILL')
  t.strictSame(readdirSync(join(out, 'checkpoints')), [])
  await train({ resume: out, steps: 2 }, quiet())
  await train({ config: path, steps: 2, out: whole }, quiet())
  t.strictSame(steps(out), [0, 1, 2])
  const file = join('checkpoints', 'step-2.safetensors')
  const tensors = (f: string): Buffer => {
    const bytes = readFileSync(join(f, file))
    return bytes.subarray(8 + Number(bytes.readBigUInt64LE()))
  }
  t.ok(tensors(out).equals(tensors(whole)), 'and is the run that was never killed')
})

t.test('kill -9 after a checkpoint: incomplete rows and temporary files do no harm', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: config(folder), steps: 2, out }, quiet())
  const { child, ended } = start('train', '--resume', out, '--minutes', '10')
  await rows(out, 8)
  child.kill('SIGKILL')
  await ended
  writeFileSync(join(out, 'metrics.jsonl'), '{"step":9,"ima', { flag: 'a' })
  const half = join(out, 'checkpoints', '.step-9.safetensors.0123456789ab.tmp')
  writeFileSync(half, 'half of a checkpoint')
  await train({ resume: out, steps: 4 }, quiet())
  t.strictSame(steps(out), [0, 1, 2, 3, 4])
  t.notOk(existsSync(half), 'what was half written is swept away')
})

t.test('a user error is one sentence on stderr and exit code 1', async (t) => {
  const { code, err, out } = await start('train', '--preset', 'emoji23').ended
  t.strictSame([code, out, err], [1, '', 'error: --preset is "emoji23": did you mean "emoji32"?\n'])
  const other = await start('train', '--steps', 'many').ended
  t.strictSame([other.code, other.err], [1, 'error: --steps is "many": expected a whole number of at least 1\n'])
})

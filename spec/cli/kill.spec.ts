/** Stopping a run from outside: Ctrl-C saves, kill -9 loses nothing that a checkpoint held. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { train } from '../../src/cli/train.ts'
import { config, quiet } from './tiny.ts'

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

const start = (...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } => {
  const child = spawn(process.execPath, ['src/cli/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { out: '', err: '' }
  child.stdout.on('data', (d) => {
    text.out += d
  })
  child.stderr.on('data', (d) => {
    text.err += d
  })
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...text }))
  })
  return { child, ended }
}

const rowsOf = (out: string): number => {
  const path = join(out, 'metrics.jsonl')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0
}

/** Waits until a run has written so many rows. */
const rows = async (out: string, n: number): Promise<void> => {
  while (rowsOf(out) < n) await new Promise((resolve) => setTimeout(resolve, 10))
}

const steps = (out: string): readonly number[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): number => JSON.parse(line).step)

t.test('Ctrl-C finishes the step, saves, and says how to go on; the run then goes on', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const { child, ended } = start('train', '--config', config(folder), '--minutes', '10', '--out', out)
  await rows(out, 5)
  child.kill('SIGINT')
  const { code, out: said } = await ended
  t.equal(code, 0)
  t.match(said, `go on with: npm run train -- --resume ${out}`)
  const [file = ''] = readdirSync(join(out, 'checkpoints'))
  const saved = Number(/step-(\d+)/.exec(file)?.[1])
  t.equal(steps(out).at(-1), saved, 'the last row is the step that was saved')
  await train({ resume: out, steps: saved + 2 }, quiet())
  t.strictSame(
    steps(out),
    Array.from({ length: saved + 3 }, (_, i) => i),
  )
})

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

t.test('kill -9 after a checkpoint: torn rows and half-written files do not hinder', async (t) => {
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

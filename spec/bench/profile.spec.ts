/** `npm run bench -- --profile`: the table stands behind the figures, and apart from them where machines read those. */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const main = resolve(import.meta.dirname, '../../bench/main.ts')
const bench = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [main, ...args, '--smoke', '--threads', '1'])

t.test('the kernels of a training step, after its figure', async (t) => {
  const { stdout } = await bench('emoji32', '--profile')
  const [figures = '', table = ''] = stdout.split(/^profile /m)
  t.match(figures, /^batch 2 +diffit +1 /m)
  t.match(table, /ms per run \(mean of 1\), /m)
  t.match(table, /^backend +wasm \(.*\), 1 thread, /m)
  t.match(table, / [\d.]+ GFLOPS +\d+ % +[\d,…]+ +contract /)
  t.match(table, /nest fold$/m)
})

t.test('with --json the table is on stderr', async (t) => {
  const { stdout, stderr } = await bench('latent-s', '--profile', '--json')
  for (const line of stdout.trim().split('\n')) t.type(JSON.parse(line), Object)
  t.match(stderr, /^profile .*\n.*\nlimit /m)
})

t.test('nothing is profiled without --profile', async (t) => {
  const { stdout } = await bench('emoji32')
  t.notMatch(stdout, /^profile /m)
})

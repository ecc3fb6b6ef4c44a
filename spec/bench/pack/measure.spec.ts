/** The program of the archive of `npm run bench:pack`, run from the repository: every stage on the null device, without PyTorch. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import * as io from 'io-ts'
import t from 'tap'
import { Row } from '../../../bench/pack/row.ts'
import { keeping } from '../../../bench/pack/session.ts'

const program = resolve(import.meta.dirname, '../../../bench/pack/measure.ts')
const env = { ...process.env, DIFFIT_WEBGPU: 'null' }

t.test('one table of all stages, as text, Markdown and JSON', async (t) => {
  const out = t.testdir()
  const args = [program, '--quick', '--only', 'diffit webgpu', '--python', '/no/such/python', '--out', out]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env })
  const rows = JSON.parse(readFileSync(join(out, 'measured.json'), 'utf8'))
  if (!io.array(Row).is(rows)) return t.fail('no rows')
  const of = (what: string): Row | undefined => rows.find((row) => row.what === what)
  t.match(of('machine'), { remark: / cores of / })
  t.match(of('PyTorch'), { problem: /^\/no\/such\/python does not start: / })
  t.match(of('adapter'), { by: 'diffit webgpu', remark: /null-backend; 8 buffers of 128 MiB; 16 KiB/ })
  t.match(of('parity, latent-plain'), { problem: "Dawn's null backend computes nothing" })
  const step = of('latent, tiny, batch 2')
  t.match(step, { by: 'diffit webgpu', submits: 1, created: 0, remark: /host .* ms, 1 submit, \d+ dispatches/ })
  t.ok(Number(step?.step_ms_median) > 0)
  t.match(of('latent, tiny, batch 2: kernels of a step'), { problem: /^times of kernels are not available/ })
  const lines = readFileSync(join(out, 'measured.md'), 'utf8').trim().split('\n')
  t.equal(lines.length, 2 + rows.length)
  for (const { what } of rows) t.match(stdout, what)
  t.match(stderr, /^\[2 of 2\] latent, tiny, batch 2: diffit webgpu \(at most 60 s; \d+ s left\)$/m)
})

t.test('where nothing can be written rows are kept all the same, and why is told once', async (t) => {
  const told = t.capture(process.stderr, 'write')
  const { rows, keep, problem } = keeping('/dev/null/none')
  const row = { what: 'a', by: 'b' }
  keep([row])
  keep([row])
  t.same(rows, [row, row])
  t.match(problem(), /none/)
  const lines = told().map(({ args }) => args[0])
  t.match(lines, [/^\/dev\/null\/none cannot be written, so the table is printed alone: /])
  t.equal(lines.length, 1)
})

t.test('a wrong option is one sentence', async (t) => {
  const failed = promisify(execFile)(process.execPath, [program, '--minutes', 'six'], { env })
  await t.rejects(failed, { code: 1, stderr: '--minutes is "six": expected a number above 0\n' })
})

/** Rows of `npm run bench:pack`: what counts as one, and the table. */
import t from 'tap'
import { lineOf, markdownOf, ordered, type Row, rowIn, textOf } from '../../../bench/pack/row.ts'

t.test('a line is a row if it is one; whatever else a program prints is none', async (t) => {
  const row = { what: 'image-s', by: 'PyTorch', step_ms_median: 3, torch: '2.11' }
  t.same(rowIn(JSON.stringify(row)), row, 'fields that the table does not show are kept')
  for (const line of [
    '',
    'a warning',
    '{}',
    '{"what":"a"}',
    '{"what":"a","by":"b","step_ms_median":"3"}',
    '[1]',
    'null',
  ])
    t.equal(rowIn(line), null, line)
})

const rows: readonly Row[] = [
  { what: 'adapter', by: 'diffit webgpu', remark: 'NVIDIA' },
  { what: 'image-s', by: 'diffit webgpu', step_ms_median: 12, step_ms_min: 11.5, gflops: 7_500, of_limit: 0.15 },
  { what: 'image-s', by: 'PyTorch on the card', setting: 'captured', step_ms_median: 9, remark: 'a | b\nc' },
  { what: 'image-s', by: 'diffit wasm', setting: 'x'.repeat(80), gb_per_s: 31.5 },
  { what: 'latent-s', by: 'PyTorch on the card', problem: 'it ran out of its 60 s' },
  { what: 'image-s: kernels of a step', by: 'diffit webgpu', setting: 'all', step_ms_median: 10 },
  { what: 'latent-s', by: 'diffit wasm', step_ms_median: 120 },
]

t.test('the table: a line a row, times as multiples of a step of webgpu of the same model', async (t) => {
  const lines = markdownOf(rows).split('\n')
  t.equal(lines.length, 2 + rows.length)
  t.equal(lines[4], '| image-s | diffit webgpu |  | 12.00 | 11.50 | 7.5 TFLOPS | 15 % |  |  |')
  t.equal(lines[5], '| image-s | PyTorch on the card | captured | 9.000 |  |  |  | 0.75 | a / b c |')
  t.match(lines[6], /\| x{59}… \|.*\| 31\.5 GB\/s \|/)
  t.match(lines[7], /\| no figure: it ran out of its 60 s \|$/)
  t.match(lines[8], /\| 120\.0 \|( {2}\|){5}$/, 'nothing to compare with')
})

t.test('as text the columns are in line', async (t) => {
  const [head = '', , , ours = '', theirs = ''] = textOf(rows).split('\n')
  const end = head.indexOf('median ms') + 'median ms'.length
  for (const [line, ms] of [
    [ours, '12.00'],
    [theirs, '9.000'],
  ] as const)
    t.equal(line.slice(0, end).trim().split(' ').at(-1), ms)
})

t.test('steps of a model stand together at the end, kernels before them, and no row is lost', async (t) => {
  t.same(
    ordered(rows.toReversed()).map(({ what }) => what),
    ['adapter', 'image-s: kernels of a step', 'latent-s', 'latent-s', 'image-s', 'image-s', 'image-s'],
  )
})

t.test('a row in a line', async (t) => {
  t.same(rows.slice(0, 2).map(lineOf), ['diffit webgpu, NVIDIA', 'diffit webgpu, 12.00 ms, 7.5 TFLOPS'])
  t.equal(lineOf({ what: 'a', by: 'b', setting: 'c', problem: 'd' }), 'b, c, no figure: d')
})

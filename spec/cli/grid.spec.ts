/** Which images of a class a grid has. */
import t from 'tap'
import { requestsOf } from '../../src/cli/grid.ts'

const rows = [
  { name: 'a', label: 0 },
  { name: 'b', label: 1 },
]

t.test('the first images of each class, or every n-th, row by row', async (t) => {
  const of = (...indices: readonly number[]) => [0, 1].flatMap((label) => indices.map((index) => ({ label, index })))
  t.strictSame(requestsOf(rows, { columns: 3 }), of(0, 1, 2))
  t.strictSame(requestsOf(rows, { columns: 3, every: 8 }), of(0, 8, 16))
  t.strictSame(requestsOf([{ name: '', label: null }], { columns: 2, every: 2 }), [
    { label: null, index: 0 },
    { label: null, index: 2 },
  ])
})

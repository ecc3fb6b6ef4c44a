import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import * as T from '../../src/tensor/ops.ts'

const shown = async (x: T.Tensor): Promise<string> => {
  const { x: values } = await evaluate(cpu)({ x }, {})
  if (values === undefined) throw new Error('x is missing')
  return T.show(values)
}

t.test('numbers are printed as NumPy prints them', async (t) => {
  const cases: readonly (readonly [T.Nested, string])[] = [
    [3, '3.0'],
    [[1, 2.5], '[1.  2.5]'],
    [
      [
        [1, -2],
        [0.25, 100],
      ],
      '[[  1.    -2.  ]\n [  0.25 100.  ]]',
    ],
    [
      [
        [[1], [2]],
        [[3], [4]],
      ],
      '[[[1.]\n  [2.]]\n\n [[3.]\n  [4.]]]',
    ],
    [[-0, 0], '[-0.  0.]'],
    [[1e-5, 1], '[1.e-05 1.e+00]'],
    [[1e9, -1.5e-9], '[ 1.0e+09 -1.5e-09]'],
    [[Number.NaN, Number.NEGATIVE_INFINITY, 1.5], '[ nan -inf  1.5]'],
    [[1 / 3, 2], '[0.33333333 2.        ]'],
    [[1e-4, 0.05], '[0.0001 0.05  ]'],
    [[Number.NaN, 1e9], '[   nan 1.e+09]'],
    [[123456.5, 1.25], '[1.234565e+05 1.250000e+00]'],
  ]
  for (const [numbers, text] of cases) t.equal(await shown(T.array(numbers)), text)
})

t.test('long tensors are cut in the middle, long rows go on in the next line', async (t) => {
  t.equal(await shown(T.arange(1001)), '[   0.    1.    2. ...  998.  999. 1000.]')
  t.equal(
    await shown(T.arange(30)),
    '[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]',
  )
  const grid = await shown(T.full(1, [8, 200]))
  t.equal(grid.split('\n').length, 7)
  t.match(grid, /^\[\[1\. 1\. 1\. \.\.\. 1\. 1\. 1\.\]\n.*\n.*\n \.\.\.\n/)
})

t.test('nested lists are tensors; ragged, uneven and empty ones say where', (t) => {
  const refused = (nested: T.Nested): string => {
    try {
      T.array(nested)
    } catch (error) {
      if (error instanceof T.ShapeError) return error.message
    }
    return 'it was accepted'
  }
  t.same(T.array([[1, 2, 3]]).shape, [1, 3])
  t.same(T.array(7).shape, [])
  t.equal(refused([[1, 2], [3]]), 'array(): [1] has 1 elements, expected 2 as in [2, 2]')
  t.equal(refused([[1], 2]), 'array(): [1] is a number, expected 1 elements as in [2, 1]')
  t.equal(refused([1, [2]]), 'array(): [1] is a list, expected a number as in [2]')
  t.equal(refused([[], []]), 'array(): a list is empty, expected numbers')
  t.end()
})

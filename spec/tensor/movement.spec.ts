import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import * as T from '../../src/tensor/ops.ts'

const x = T.array([
  [1, 2, 3],
  [4, 5, 6],
])

t.test('copies, parts and axes of size 1 lie where NumPy puts them', async (t) => {
  const [left = x, right = x] = T.split(1, [1, 2])(x)
  const [upper = x, lower = x] = T.split(-2, 2)(x)
  const cases: Readonly<Record<string, readonly [y: T.Tensor, shape: readonly number[], numbers: readonly number[]]>> =
    {
      repeat: [T.repeat(1, 2)(x), [2, 6], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]],
      tile: [T.tile(-1, 2)(x), [2, 6], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]],
      'tile of rows': [T.tile(0, 2)(x), [4, 3], [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]],
      left: [left, [2, 1], [1, 4]],
      right: [right, [2, 2], [2, 3, 5, 6]],
      upper: [upper, [1, 3], [1, 2, 3]],
      lower: [lower, [1, 3], [4, 5, 6]],
      'stack at the front': [T.stack(0)([x, T.neg(x)]), [2, 2, 3], [1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6]],
      'stack at the back': [T.stack(-1)([x, T.neg(x)]), [2, 3, 2], [1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6]],
      expandDims: [T.expandDims([0, -1])(x), [1, 2, 3, 1], [1, 2, 3, 4, 5, 6]],
      squeeze: [T.squeeze()(T.expandDims([0, 2])(x)), [2, 3], [1, 2, 3, 4, 5, 6]],
      'squeeze of one': [T.squeeze(0)(T.expandDims([0, 2])(x)), [2, 1, 3], [1, 2, 3, 4, 5, 6]],
      gather: [T.gather(1, T.array([[2], [0]]))(x), [2, 2, 1], [3, 1, 6, 4]],
      'gather of a long axis': [
        T.gather(
          1,
          T.array([[2], [0]]),
        )(
          T.pad([
            [0, 0],
            [0, 297],
          ])(x),
        ),
        [2, 2, 1],
        [3, 1, 6, 4],
      ],
      'gather by one place': [T.gather(-2, T.array(1))(x), [3], [4, 5, 6]],
      'one-hot': [T.oneHot(3)(T.array([2, 0])), [2, 3], [0, 0, 1, 1, 0, 0]],
      'sum of all by letters': [T.einsum('ij->')(x), [], [21]],
      'outer product': [T.einsum('i,j->ji')(T.array([1, 2]), T.array([10, 20])), [2, 2], [10, 20, 20, 40]],
      'names of axes': [T.einsum('row col, col out -> row out')(x, T.array([[1], [0], [1]])), [2, 1], [4, 10]],
    }
  const found = await evaluate(cpu)(Object.fromEntries(Object.entries(cases).map(([name, [y]]) => [name, y])), {})
  for (const [name, [y, shape, numbers]] of Object.entries(cases)) {
    t.same(y.shape, shape, name)
    t.same([...(found[name] ?? [])], numbers, name)
  }
})

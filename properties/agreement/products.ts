/** Products as in the models: tall and thin, batched, of odd sizes, convolutions with padding and strides. */
import { key, normal } from '../../src/random/key.ts'
import { concat, contract, conv, input, type Tensor, transpose } from '../../src/tensor/ops.ts'
import { type Shape, size } from '../../src/tensor/shape.ts'
import { vjp } from '../../src/transform/grad.ts'
import { agrees } from './agree.ts'
import type { Case } from './case.ts'

interface Product {
  readonly name: string
  readonly shapes: readonly [Shape, Shape]
  readonly f: (a: Tensor, b: Tensor) => Tensor
}

const matrix = (a: Tensor, b: Tensor): Tensor => contract({ sum: [[a.shape.length - 1, 0]] })(a, b)

export const slide = (stride: number): Product['f'] =>
  conv({ stride: [stride, stride], dilation: [1, 1], lhsDilation: [1, 1], low: [1, 1], high: [1, 1] })

const list: readonly Product[] = [
  {
    name: 'a matrix times a matrix',
    shapes: [
      [24, 40],
      [40, 16],
    ],
    f: matrix,
  },
  {
    name: 'odd sizes',
    shapes: [
      [7, 13],
      [13, 5],
    ],
    f: matrix,
  },
  {
    name: 'one row, one column',
    shapes: [
      [1, 33],
      [33, 1],
    ],
    f: matrix,
  },
  {
    name: 'a sum of 3000 terms',
    shapes: [
      [3, 3000],
      [3000, 4],
    ],
    f: matrix,
  },
  {
    name: 'a batch whose axes lie in another order',
    shapes: [
      [4, 6, 3, 8],
      [4, 6, 3, 8],
    ],
    f: (a, b) =>
      contract({
        batch: [
          [0, 0],
          [2, 2],
        ],
        sum: [[3, 3]],
      })(a, b),
  },
  {
    name: 'the transpose',
    shapes: [
      [6, 20],
      [20, 12],
    ],
    f: (a, b) => transpose([1, 0])(matrix(a, b)),
  },
  {
    name: 'two products side by side',
    shapes: [
      [6, 20],
      [20, 12],
    ],
    f: (a, b) => concat(1)([matrix(a, b), a]),
  },
  {
    name: 'a 3x3 convolution',
    shapes: [
      [2, 8, 6, 5],
      [3, 3, 5, 8],
    ],
    f: (a, b) => slide(1)(a, b),
  },
  {
    name: 'a 3x3 convolution, stride 2',
    shapes: [
      [2, 8, 6, 4],
      [3, 3, 4, 6],
    ],
    f: (a, b) => slide(2)(a, b),
  },
]

export const products: readonly Case[] = list.map(({ name, shapes: [p, q], f }) => ({
  name: `${name} and its gradients`,
  run: async (backend) => {
    const [a, b] = [input('a', p), input('b', q)]
    const y = f(a, b)
    const [da = a, db = b] = vjp(y, input('dy', y.shape), [a, b])
    await agrees(backend)(
      { y, da, db },
      { a: normal(key(1), size(p)), b: normal(key(2), size(q)), dy: normal(key(3), size(y.shape)) },
    )
  },
}))

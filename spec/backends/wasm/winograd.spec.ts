/** Which products run by Winograd's algorithm, and the identity that its matrices rest on. */

import t from 'tap'
import { winogradShape } from '../../../backends/wasm/winograd.ts'
import { block, matrices, side, taps } from '../../../backends/wasm/winogradMatrices.ts'
import { element } from '../../../src/codec/element.ts'
import { planOf } from '../../../src/lower/compile.ts'
import type { Contract } from '../../../src/plan/kernel.ts'
import { conv, input, type Tensor } from '../../../src/tensor/ops.ts'
import { vjp } from '../../../src/transform/grad.ts'

t.test('matrices: sum over points of A G B is 1 where input = output + tap, else 0', (t) => {
  const { input: b, kernel: g, output: a } = matrices
  for (let y = 0; y < block; y++)
    for (let k = 0; k < taps; k++)
      for (let x = 0; x < side; x++) {
        const sum = b.reduce(
          (s, row, p) => s + element(element(a, y), p) * element(element(g, p), k) * element(row, x),
          0,
        )
        t.ok(Math.abs(sum - (x === y + k ? 1 : 0)) < 1e-12, `output ${y}, tap ${k}, input ${x}`)
      }
  t.end()
})

const contracts = (outputs: Readonly<Record<string, Tensor>>): readonly Contract[] =>
  planOf({ outputs, state: {} })
    .regions.flatMap((r) => r.kernels)
    .filter((k): k is Contract => k.kind === 'contract')

const kinds = (
  x: readonly number[],
  w: readonly number[],
  stride: number,
  low = 1,
): readonly (string | undefined)[] => {
  const both = (n: number): readonly number[] => [n, n]
  const [image, kernel] = [input('x', x), input('w', w)]
  const geometry = { stride: both(stride), dilation: both(1), lhsDilation: both(1), low: both(low), high: both(low) }
  const y = conv(geometry)(image, kernel)
  const [dx, dw] = vjp(y, input('dy', y.shape), [image, kernel])
  return dx === undefined || dw === undefined ? [] : contracts({ y, dx, dw }).map((c) => winogradShape(c, 16)?.kind)
}

t.test('winograd: a 3 x 3 convolution, its input gradient and its weight gradient', (t) => {
  t.strictSame(kinds([2, 8, 12, 32], [3, 3, 32, 48], 1), ['conv', 'conv', 'gradient'])
  const shape = contracts({
    y: conv({ stride: [1, 1], dilation: [1, 1], lhsDilation: [1, 1], low: [1, 1], high: [1, 1] })(
      input('x', [2, 8, 12, 32]),
      input('w', [3, 3, 32, 48]),
    ),
  }).map((c) => winogradShape(c, 16))[0]
  t.match(shape, { images: 2, height: 8, width: 12, cin: 32, cout: 48, a: { pixel: 128, row: 4 * 14 * 32 } })
  t.end()
})

t.test('winograd: not used where it does not apply', (t) => {
  const none = (found: readonly (string | undefined)[]): boolean => found.every((k) => k === undefined)
  t.ok(none(kinds([2, 8, 8, 32], [3, 3, 32, 32], 2)), 'stride 2')
  t.ok(none(kinds([2, 8, 8, 32], [5, 5, 32, 32], 1, 2)), 'five taps')
  t.ok(none(kinds([2, 6, 6, 32], [3, 3, 32, 32], 1)), 'blocks of four do not cover the image')
  t.ok(none(kinds([2, 8, 8, 8], [3, 3, 8, 8], 1)), 'few channels')
  t.end()
})

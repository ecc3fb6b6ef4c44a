/** Where wasm is not IEEE's arithmetic, and that `exact` keeps to it. */
import t from 'tap'
import { wasm } from '../../../backends/wasm/index.ts'
import { evaluate } from '../../../src/lower/compile.ts'
import { conv, input } from '../../../src/tensor/ops.ts'

const [side, channels] = [8, 16]
const y = conv({ stride: [1, 1], dilation: [1, 1], lhsDilation: [1, 1], low: [1, 1], high: [1, 1] })(
  input('x', [1, side, side, channels]),
  input('kernel', [3, 3, channels, channels]),
)

/** Pixels of the result that the number `value` in the upper left pixel reaches: those that differ from none there. */
const reached = async (value: number, exact: boolean): Promise<readonly number[]> => {
  const kernel = new Float32Array(9 * channels * channels).fill(1)
  const x = new Float32Array(side * side * channels).fill(1)
  const clean = await evaluate(wasm, { exact, threads: 1 })({ y }, { x, kernel })
  const dirty = await evaluate(wasm, { exact, threads: 1 })({ y }, { x: x.with(0, value), kernel })
  return Array.from({ length: side * side }, (_, pixel) => pixel).filter((pixel) => {
    const at = channels * pixel
    return !Object.is(clean.y?.[at], dirty.y?.[at])
  })
}

/** Pixels under the kernel when it lies over the first one. */
const neighbours = [0, 1, side, side + 1]

for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
  t.test(`exact: ${value} in one pixel reaches its neighbours and no others`, async (t) => {
    t.strictSame(await reached(value, true), neighbours)
  })
  t.test(`otherwise ${value} may reach the rest of its block of four by four pixels, but no other block`, async (t) => {
    const found = await reached(value, false)
    t.ok(found.length > neighbours.length, `${found}`)
    t.ok(
      found.every((pixel) => pixel % side < 4 && pixel < 4 * side),
      `${found}`,
    )
  })
}

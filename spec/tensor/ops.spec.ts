import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import * as T from '../../src/tensor/ops.ts'

const x = T.input('x', [2, 3])
const values = Float64Array.of(1, 2, 3, 4, 5, 6)
const run = async (y: T.Tensor): Promise<readonly number[]> => {
  // x is there even where y does not need it
  const { y: result = new Float64Array() } = await evaluate(cpu)({ y, x }, { x: values })
  return [...result]
}

t.test('binary maths broadcasts as NumPy does', async (t) => {
  t.same(await run(T.add(x, T.literal(Float64Array.of(10, 20, 30), [3]))), [11, 22, 33, 14, 25, 36])
  t.same(await run(T.mul(x, T.literal(Float64Array.of(1, -1), [2, 1]))), [1, 2, 3, -4, -5, -6])
  t.same(await run(T.sub(1, x)), [0, -1, -2, -3, -4, -5])
})

t.test('movement, reduction and products of small numbers', async (t) => {
  t.same(await run(T.transpose([1, 0])(x)), [1, 4, 2, 5, 3, 6])
  t.same(await run(T.flip([1])(x)), [3, 2, 1, 6, 5, 4])
  t.same(await run(T.take(1, 1, 3)(x)), [2, 3, 5, 6])
  t.same(await run(T.concat(0)([x, T.neg(x)])), [1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6])
  t.same(await run(T.sum([1])(x)), [6, 15])
  t.same(await run(T.max([0])(x)), [4, 5, 6])
  t.same(await run(T.matmul(x, T.transpose([1, 0])(x))), [14, 32, 32, 77])
  t.same(await run(T.windows({ axes: [1], size: [2], stride: [1], dilation: [1] })(x)), [1, 2, 2, 3, 4, 5, 5, 6])
  t.same(await run(T.place([3, 3], [{ start: [1, 0], step: [1, 1] }], [x])), [0, 0, 0, 1, 2, 3, 4, 5, 6])
})

t.test('a convolution is a cross-correlation over channels-last images', async (t) => {
  const image = T.reshape([1, 2, 3, 1])(x)
  const kernel = T.reshape([2, 2, 1, 1])(T.literal(Float64Array.of(1, 0, 0, 10), [4]))
  const plain = { stride: [1, 1], dilation: [1, 1], lhsDilation: [1, 1], low: [0, 0], high: [0, 0] }
  t.same(await run(T.conv(plain)(image, kernel)), [1 + 50, 2 + 60])
})

t.test('GELU and SiLU have their published values', async (t) => {
  const at = T.literal(Float64Array.of(-1, 0, 1), [3])
  const near = (a: readonly number[], b: readonly number[]): boolean =>
    a.every((v, i) => Math.abs(v - (b[i] ?? 9)) < 1e-6)
  t.ok(near(await run(T.gelu(at)), [-0.158808, 0, 0.841192]))
  t.ok(near(await run(T.silu(at)), [-0.2689414, 0, 0.7310586]))
})

t.test('a shape mismatch names the operation, the shapes and the calling line', (t) => {
  const wrong = (f: () => unknown): Error => {
    try {
      f()
    } catch (e) {
      if (e instanceof Error) return e
    }
    throw new Error('it was accepted')
  }
  const sentences: readonly (readonly [() => unknown, RegExp])[] = [
    [() => T.add(x, T.input('b', [4])), /^add\(\[2, 3\], \[4\]\): .* axis -1 is 3 and 4$/],
    [() => T.reshape([5])(x), /^reshape\(\[2, 3\]\): 6 elements do not fill \[5\]/],
    [() => T.transpose([0, 0])(x), /^transpose\(\[2, 3\]\): axes \[0, 0\] name axis 0 twice$/],
    [() => T.sum([2])(x), /^sum\(\[2, 3\]\): axis 2 is outside/],
    [() => T.matmul(x, x), /^matmul\(\[2, 3\], \[2, 3\]\): /],
    [() => T.take(1, 2, 5)(x), /^take\(\[2, 3\]\): /],
  ]
  for (const [f, sentence] of sentences) {
    const error = wrong(f)
    t.ok(error instanceof T.ShapeError)
    t.match(error.message, sentence)
    t.match(error.stack, /ops\.spec\.ts/)
  }
  t.end()
})

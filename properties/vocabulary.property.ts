/** Laws of the vocabulary that moves and sums: gather, einsum, padding and pooling are what loops over plain numbers make. */

import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { element } from '../src/codec/element.ts'
import { evaluate } from '../src/lower/compile.ts'
import type { Outputs } from '../src/plan/compiled.ts'
import { key, uniform } from '../src/random/key.ts'
import { sizeAt } from '../src/tensor/axes.ts'
import * as T from '../src/tensor/ops.ts'
import { size, strides } from '../src/tensor/shape.ts'
import { vjp } from '../src/transform/grad.ts'
import { indicesOf } from './indices.ts'

type Index = readonly number[]

/** Row-major numbers read by their index. */
const reader = (values: ArrayLike<number>, shape: Index) => (index: Index) =>
  values[strides(shape).reduce((o, s, i) => o + s * (index[i] ?? Number.NaN), 0)] ?? Number.NaN

const drawn = (shape: Index, seed: number): Float64Array => uniform(key(seed), size(shape)).map((u) => 4 * u - 2)

const near = (found: ArrayLike<number> = [], expected: readonly number[]): boolean =>
  found.length === expected.length &&
  expected.every((x, i) => Math.abs(x - (found[i] ?? Number.NaN)) <= 1e-12 * (1 + Math.abs(x)))

const shapes = (most: number, largest = 4) =>
  fc.array(fc.integer({ min: 1, max: largest }), { minLength: 1, maxLength: most })
const seed = fc.nat(2 ** 31)

t.test('gather: y[a, i, b] = x[a, index[i], b], and its adjoint adds every row back where it came from', () =>
  fc.assert(
    fc.asyncProperty(
      shapes(3),
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      fc.nat(2),
      fc.constantFrom(0, 260),
      seed,
      async (small, rows, which, longer, s) => {
        const axis = which % small.length
        const shape = small.with(axis, sizeAt(small, axis) + longer)
        const n = sizeAt(shape, axis)
        const places = uniform(key(s + 1), size(rows)).map((u) => Math.floor(u * n))
        const [x, index] = [T.input('x', shape), T.index('index', rows, n)]
        const y = T.gather(axis - shape.length, index)(x)
        const dy = T.input('dy', y.shape)
        const [dx = x] = vjp(y, dy, [x])
        const values = { x: drawn(shape, s), dy: drawn(y.shape, s + 2) }
        const found = await evaluate(cpu)({ y, dx }, { ...values, index: places }, [x])
        const [at, place, given] = [reader(values.x, shape), reader(places, rows), reader(values.dy, y.shape)]
        const source = (i: Index): Index => [
          ...i.slice(0, axis),
          place(i.slice(axis, axis + rows.length)),
          ...i.slice(axis + rows.length),
        ]
        const back = new Map<string, number>()
        for (const i of indicesOf(y.shape)) {
          const to = source(i).join()
          const sum = back.get(to)
          back.set(to, (sum === undefined ? 0 : sum) + given(i))
        }
        const expected = indicesOf(shape).map((i) => {
          const sum = back.get(i.join())
          return sum === undefined ? 0 : sum
        })
        return (
          near(
            found.y,
            indicesOf(y.shape).map((i) => at(source(i))),
          ) && near(found.dx, expected)
        )
      },
    ),
    { numRuns: 60 },
  ),
)

t.test('einsum: the sum over all letters that the output lacks of the product of the inputs', () =>
  fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 1 }),
      fc.option(fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e'])),
      fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e']),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 }),
      seed,
      async (first, second, wanted, sizes, s) => {
        const inputs = second === null ? [first] : [first, second]
        const letters = [...new Set(inputs.flat())]
        const output = wanted.filter((l) => letters.includes(l))
        const sizeOf = (l: string): number => sizeAt(sizes, 'abcde'.indexOf(l))
        const xs = inputs.map((names, i) => ({ names, shape: names.map(sizeOf), name: `x${i}` }))
        const y = T.einsum(`${inputs.map((n) => n.join('')).join(',')}->${output.join('')}`)(
          ...xs.map((x) => T.input(x.name, x.shape)),
        )
        const feeds = Object.fromEntries(xs.map((x, i) => [x.name, drawn(x.shape, s + i)]))
        const found = await evaluate(cpu)({ y }, feeds)
        const expected = indicesOf(output.map(sizeOf)).map((o) => {
          const summed = letters.filter((l) => !output.includes(l))
          return indicesOf(summed.map(sizeOf)).reduce((sum, k) => {
            const of = (l: string): number => (output.includes(l) ? o[output.indexOf(l)] : k[summed.indexOf(l)]) ?? -1
            return sum + xs.reduce((p, x) => p * reader(feeds[x.name] ?? [], x.shape)(x.names.map(of)), 1)
          }, 0)
        })
        return near(found.y, expected)
      },
    ),
    { numRuns: 150 },
  ),
)

t.test('pad: an element beyond the edge is the number, the nearest element, or the mirrored one', () =>
  fc.assert(
    fc.asyncProperty(
      shapes(3),
      fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 3, maxLength: 3 }),
      fc.constantFrom('constant' as const, 'edge' as const, 'reflect' as const),
      seed,
      async (shape, all, mode, s) => {
        const fits = (width: number, n: number): number => (mode === 'reflect' ? Math.min(width, n - 1) : width)
        const widths = shape.map((n, i): readonly [number, number] => {
          const [before, after] = all[i] ?? [0, 0]
          return [fits(before, n), fits(after, n)]
        })
        const values = drawn(shape, s)
        const y = T.pad(widths, mode === 'constant' ? { value: 9 } : { mode })(T.input('x', shape))
        const found = await evaluate(cpu)({ y }, { x: values })
        const at = reader(values, shape)
        const expected = indicesOf(y.shape).map((index) => {
          const from = index.map((i, axis) => i - element(widths, axis)[0])
          const inside = from.every((i, axis) => i >= 0 && i < sizeAt(shape, axis))
          if (mode === 'constant') return inside ? at(from) : 9
          return at(
            from.map((i, axis) => {
              const last = sizeAt(shape, axis) - 1
              return mode === 'edge' ? Math.max(0, Math.min(last, i)) : last - Math.abs(last - Math.abs(i))
            }),
          )
        })
        return near(found.y, expected)
      },
    ),
    { numRuns: 100 },
  ),
)

t.test('pooling: the mean and the largest of every window, whose mean counts padding as zeros or not at all', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 3, max: 9 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(1),
      seed,
      async (n, taps, stride, pad, s) => {
        const padding = Math.min(pad, Math.floor(taps / 2))
        const values = drawn([2, n], s)
        const pool = { axes: [-1], size: [taps], stride: [stride], padding: [padding] }
        const x = T.input('x', [2, n])
        const [mean, most] = [T.avgPool(pool)(x), T.maxPool(pool)(x)]
        const own = T.avgPool({ ...pool, countPadding: false })(x)
        const found = await evaluate(cpu)({ mean, most, own }, { x: values })
        const windows = indicesOf(mean.shape).map(([row = -1, p = -1]) =>
          Array.from({ length: taps }, (_, k) => p * stride + k - padding).flatMap((i) =>
            i >= 0 && i < n ? [values[row * n + i] ?? Number.NaN] : [],
          ),
        )
        return (
          mean.shape[1] === Math.floor((n + 2 * padding - taps) / stride) + 1 &&
          near(
            found.mean,
            windows.map((w) => w.reduce((a, b) => a + b, 0) / taps),
          ) &&
          near(
            found.own,
            windows.map((w) => w.reduce((a, b) => a + b, 0) / w.length),
          ) &&
          near(
            found.most,
            windows.map((w) => Math.max(...w)),
          )
        )
      },
    ),
    { numRuns: 100 },
  ),
)

t.test('split and concat, stack and parts, expandDims and squeeze undo each other', () =>
  fc.assert(
    fc.asyncProperty(shapes(3), fc.nat(2), seed, async (shape, which, s) => {
      const axis = which % shape.length
      const x = T.input('x', shape)
      const ones = Array.from({ length: sizeAt(shape, axis) }, () => 1)
      const found: Outputs = await evaluate(cpu)(
        {
          split: T.concat(axis)(T.split(axis, ones)(x)),
          stack: T.stack(axis)(T.split(axis, ones.length)(x).map((part) => T.squeeze(axis)(part))),
          expand: T.squeeze([0, axis + 1])(T.expandDims([0, axis + 1])(x)),
        },
        { x: drawn(shape, s) },
      )
      const values = [...drawn(shape, s)]
      return ['split', 'stack', 'expand'].every(
        (name) => near(found[name], values) && found[name]?.shape.join() === shape.join(),
      )
    }),
    { numRuns: 50 },
  ),
)

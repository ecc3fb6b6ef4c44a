/** Shared by the laws of layers: random parameters with changes by name, and windowed tokens with a time token. */
import fc from 'fast-check'
import { cpu } from '../backends/cpu/index.ts'
import { gradientHolds } from '../src/check/index.ts'
import type { TmsaConfig } from '../src/diffit/tmsa.ts'
import { arbitrary, byName, flatSize, fromNames, leavesOf, numbered, type Params, type Spec } from '../src/nn/spec.ts'
import { key, normal } from '../src/random/key.ts'
import { input, type Tensor } from '../src/tensor/ops.ts'
import { type Shape, size } from '../src/tensor/shape.ts'

export const seed = fc.integer({ min: 0, max: 2 ** 31 })
export const draw = (from: number, shape: readonly number[]): Float64Array => normal(key(from), size(shape))
export const close = (a: ArrayLike<number> = [], b: ArrayLike<number> = [], by = 1e-9): boolean =>
  a.length === b.length && Array.from(a).every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) <= by * (1 + Math.abs(x)))

/** Random parameters, with changes by file name: f(value, index in the engine's layout). */
export const theta = (
  spec: Spec,
  from: number,
  changes: Readonly<Record<string, (value: number, index: number) => number>> = {},
): Float64Array => {
  const values = arbitrary(spec)(key(from))
  for (const p of leavesOf(spec)) {
    const change = changes[p.name]
    if (change !== undefined)
      for (let i = 0; i < p.size; i++) values[p.start + i] = change(values[p.start + i] ?? Number.NaN, i)
  }
  return values
}
export const zero = (): number => 0

export interface Setting extends TmsaConfig {
  readonly images: number
  readonly groups: number
}
export const setting: fc.Arbitrary<Setting> = fc
  .record({
    heads: fc.integer({ min: 1, max: 3 }),
    d: fc.integer({ min: 1, max: 3 }),
    window: fc.integer({ min: 1, max: 3 }),
    time_width: fc.integer({ min: 1, max: 4 }),
    images: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ d, ...s }) => ({ ...s, width: s.heads * d }))

export const shapesOf = (s: Setting) => ({
  xs: [s.images, s.groups, s.window ** 2, s.width],
  xt: [s.images, s.time_width],
})
export const pointOf = (s: Setting, from: number) => {
  const { xs, xt } = shapesOf(s)
  return { xs: draw(from + 1, xs), xt: draw(from + 2, xt) }
}

export const tensors = (s: Setting, spec: Spec) => ({
  theta: input('theta', [flatSize(spec)]),
  xs: input('xs', shapesOf(s).xs),
  xt: input('xt', shapesOf(s).xt),
})
export const small: Setting = { width: 4, heads: 2, window: 2, time_width: 3, images: 2, groups: 2 }

/** <dy, J v> = <J' dy, v> for every parameter of a layer and every input, of these shapes, in first and second order. */
export const adjoint =
  <S extends Spec>(spec: S, shapes: readonly Shape[], layer: (p: Params<S>) => (...xs: readonly Tensor[]) => Tensor) =>
  (from: number): Promise<void> => {
    const named = byName(spec)
    // a record: an empty list would be the shape of a number
    const points = { p: numbered(named)(theta(named, from)), xs: { ...shapes } }
    return gradientHolds(cpu)(({ p, xs }) => layer(fromNames(spec)(p))(...Object.values(xs)), points)(from)
  }

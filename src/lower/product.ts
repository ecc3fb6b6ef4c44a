/** From a contraction of two strided operands to a contract kernel: paired and free axes become loops with roles. */
import type { ContractSpec, Strided } from '../tensor/tensor.ts'
import type { Axis, Contract } from './kernel.ts'
import type { Home } from './nest.ts'

/** Neighbours of one role that all three operands walk through evenly become one axis; axes of size 1 vanish. */
const merged = (axes: readonly Axis[]): readonly Axis[] =>
  axes
    .filter((x) => x.size !== 1)
    .reduce<readonly Axis[]>((done, inner) => {
      const outer = done.at(-1)
      const even =
        outer !== undefined &&
        outer.a === inner.a * inner.size &&
        outer.b === inner.b * inner.size &&
        outer.c === inner.c * inner.size
      return even ? [...done.slice(0, -1), { ...inner, size: outer.size * inner.size }] : [...done, inner]
    }, [])

const decreasing = (axes: readonly Axis[], by: (x: Axis) => number): readonly Axis[] =>
  [...axes].sort((x, y) => Math.abs(by(y)) - Math.abs(by(x)))

/** Rows of m that one parallel row should keep together, for the microkernel to divide well. */
const mostRows = 256

export const productKernel = (name: string, spec: ContractSpec, a: Home, b: Home, c: Home): Contract => {
  const [av, bv, cv]: readonly Strided[] = [a.view, b.view, c.view]
  if (av === undefined || bv === undefined || cv === undefined) throw new Error('a product has three operands')
  const takenA = [...spec.batch, ...spec.sum].map(([i]) => i)
  const takenB = [...spec.batch, ...spec.sum].map(([, j]) => j)
  const freeA = av.shape.flatMap((_, i) => (takenA.includes(i) ? [] : [i]))
  const freeB = bv.shape.flatMap((_, j) => (takenB.includes(j) ? [] : [j]))
  const at = (v: Strided, i: number): number => v.strides[i] ?? 0
  const batch = spec.batch.map(
    ([i, j], at0): Axis => ({ role: 'batch', size: av.shape[i] ?? 1, a: at(av, i), b: at(bv, j), c: at(cv, at0) }),
  )
  const m = freeA.map(
    (i, k): Axis => ({ role: 'm', size: av.shape[i] ?? 1, a: at(av, i), b: 0, c: at(cv, batch.length + k) }),
  )
  const n = freeB.map(
    (j, k): Axis => ({ role: 'n', size: bv.shape[j] ?? 1, a: 0, b: at(bv, j), c: at(cv, batch.length + m.length + k) }),
  )
  const k = spec.sum.map(([i, j]): Axis => ({ role: 'k', size: av.shape[i] ?? 1, a: at(av, i), b: at(bv, j), c: 0 }))
  const batches = merged(decreasing(batch, (x) => x.c))
  const rows = merged(decreasing(m, (x) => x.c))
  const inner = rows.findLastIndex((_, i) => rows.slice(i).reduce((p, x) => p * x.size, 1) >= mostRows)
  return {
    kind: 'contract',
    name,
    outer: batches.length + Math.max(0, inner),
    axes: [...batches, ...rows, ...merged(decreasing(n, (x) => x.c)), ...merged(decreasing(k, (x) => x.a))],
    a: { buffer: a.buffer, offset: av.offset },
    b: { buffer: b.buffer, offset: bv.offset },
    c: { buffer: c.buffer, offset: cv.offset },
  }
}

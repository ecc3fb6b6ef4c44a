/** From a contraction of two strided operands to a draft: paired and free axes become loops. */

import { collapse, inMemoryOrder, type Loop } from '../plan/loop.ts'
import { at, sizeAt } from '../tensor/axes.ts'
import type { ContractSpec } from '../tensor/tensor.ts'
import type { Draft } from './draft.ts'
import type { Home } from './nest.ts'

/** c = a . b; loops step through [c, a, b]. */
export const productDraft = (name: string, spec: ContractSpec, a: Home, b: Home, c: Home): Draft => {
  const takenA = new Set([...spec.batch, ...spec.sum].map(([i]) => i))
  const takenB = new Set([...spec.batch, ...spec.sum].map(([, j]) => j))
  const freeA = a.view.shape.flatMap((_, i) => (takenA.has(i) ? [] : [i]))
  const freeB = b.view.shape.flatMap((_, j) => (takenB.has(j) ? [] : [j]))
  const loop = (size: number, i: number | null, j: number | null, o: number | null): Loop => ({
    size,
    steps: [
      o === null ? 0 : at(c.view.strides, o),
      i === null ? 0 : at(a.view.strides, i),
      j === null ? 0 : at(b.view.strides, j),
    ],
  })
  const batch = spec.batch.map(([i, j], o) => loop(sizeAt(a.view.shape, i), i, j, o))
  const m = freeA.map((i, o) => loop(sizeAt(a.view.shape, i), i, null, batch.length + o))
  const n = freeB.map((j, o) => loop(sizeAt(b.view.shape, j), null, j, batch.length + m.length + o))
  const k = spec.sum.map(([i, j]) => loop(sizeAt(a.view.shape, i), i, j, null))
  const joined = (loops: readonly Loop[]): readonly Loop[] => collapse(loops, (l) => l.steps)
  const byA = k.toSorted((x, y) => Math.abs(at(y.steps, 1)) - Math.abs(at(x.steps, 1)))
  return {
    name,
    operands: [c, a, b].map((h) => ({ buffer: h.buffer, offset: h.view.offset })),
    parallel: joined(inMemoryOrder([...batch, ...m])),
    body: { kind: 'contract', n: joined(inMemoryOrder(n)), k: joined(byA) },
  }
}

/**
 * The meaning of a graph, node by node and element by element, independent of the scheduler and the backends: the oracle
 * of the engine's laws.
 */
import { at } from '../src/tensor/axes.ts'
import { evaluate } from '../src/tensor/expression.ts'
import { size, strides } from '../src/tensor/shape.ts'
import { type Lowering, type Strided, type Tensor, topological } from '../src/tensor/tensor.ts'
import { indicesOf, offsetOf } from './indices.ts'

type Values = Float64Array

/** Rounding of a result; float64 keeps it. */
type Round = (x: number) => number
const exact: Round = (x) => x

const dense = (shape: readonly number[]): Strided => ({ offset: 0, shape, strides: strides(shape) })

const compute = (
  node: Tensor,
  l: Lowering,
  xs: readonly Values[],
  feeds: Readonly<Record<string, Values>>,
  of: (x: Tensor) => Values,
  round: Round,
): Values => {
  const out = new Float64Array(size(node.shape))
  const [a, b] = node.inputs
  const [x = out, y = out] = xs
  switch (l.kind) {
    case 'input':
      return feeds[l.name] ?? out
    case 'literal':
      return l.data
    case 'expand':
      return of(l.into)
    case 'map':
      return out.map((_, i) =>
        round(
          evaluate(
            l.expression,
            xs.map((v) => v[i] ?? Number.NaN),
          ),
        ),
      )
    case 'view': {
      const view = l.view(dense(a?.shape ?? []))
      if (view === null) throw new Error(`${node.op} of a row-major tensor has no strides`)
      indicesOf(node.shape).forEach((index, i) => {
        out[i] = x[offsetOf(index, view)] ?? Number.NaN
      })
      return out
    }
    case 'place':
      node.inputs.forEach((input, k) => {
        const { start, step } = at(l.boxes, k)
        indicesOf(input.shape).forEach((index, i) => {
          const target = index.map((n, d) => at(start, d) + n * at(step, d))
          out[offsetOf(target, dense(node.shape))] = xs[k]?.[i] ?? Number.NaN
        })
      })
      return out
    case 'reduce': {
      out.fill(l.fold.start)
      indicesOf(a?.shape ?? []).forEach((index, i) => {
        const o = offsetOf(
          index.map((n, d) => (l.axes.includes(d) ? 0 : n)),
          dense(node.shape),
        )
        const value = x[i] ?? Number.NaN
        out[o] = round(evaluate(l.fold.combine, [out[o] ?? Number.NaN, value]))
      })
      return out
    }
    case 'contract': {
      const [sa, sb] = [a?.shape ?? [], b?.shape ?? []]
      const [batch, sum] = [l.spec.batch, l.spec.sum]
      const freeA = sa.flatMap((_, i) => ([...batch, ...sum].some(([p]) => p === i) ? [] : [i]))
      const freeB = sb.flatMap((_, i) => ([...batch, ...sum].some(([, q]) => q === i) ? [] : [i]))
      const inner = indicesOf(sum.map(([p]) => at(sa, p)))
      indicesOf(node.shape).forEach((index, o) => {
        const ia = sa.map(() => 0)
        const ib = sb.map(() => 0)
        batch.forEach(([p, q], i) => {
          ia[p] = at(index, i)
          ib[q] = at(index, i)
        })
        freeA.forEach((p, i) => {
          ia[p] = at(index, batch.length + i)
        })
        freeB.forEach((q, i) => {
          ib[q] = at(index, batch.length + freeA.length + i)
        })
        for (const k of inner) {
          sum.forEach(([p, q], i) => {
            ia[p] = at(k, i)
            ib[q] = at(k, i)
          })
          out[o] = round(at(out, o) + at(x, offsetOf(ia, dense(sa))) * at(y, offsetOf(ib, dense(sb))))
        }
      })
      return out
    }
  }
}

/**
 * Values of some nodes, given those of the inputs by name.
 * @param known receives the values of all evaluated nodes
 * @param round applied to every result; Math.fround gives float32 semantics
 */
export const meaningOf = (
  outputs: readonly Tensor[],
  feeds: Readonly<Record<string, Values>>,
  known = new Map<Tensor, Values>(),
  round = exact,
): readonly Values[] => {
  const value = (x: Tensor): Values => known.get(x) ?? new Float64Array(0)
  const of = (x: Tensor): Values => meaningOf([x], feeds, known, round)[0] ?? new Float64Array(0)
  for (const node of topological(outputs, (x) => known.has(x)))
    known.set(node, compute(node, node.rule.lower(), node.inputs.map(value), feeds, of, round))
  return outputs.map(value)
}

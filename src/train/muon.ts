/**
 * Muon (Jordan 2024): momentum whose matrices are orthogonalised by five Newton-Schulz iterations, for the matrices and
 * convolutions inside a network; AdamW for the rest.
 */
import { byName, flatten, type Leaf, leavesOf, type Spec, unflatten } from '../nn/spec.ts'
import { at, sizeAt } from '../tensor/axes.ts'
import { ofRank } from '../tensor/errors.ts'
import {
  add,
  concat,
  div,
  matmul,
  mul,
  reshape,
  sqrt,
  square,
  sum,
  type Tensor,
  take,
  transpose,
} from '../tensor/ops.ts'
import { size } from '../tensor/shape.ts'
import { type AdamW, adamw } from './adamw.ts'
import { scaleByLearningRate } from './links.ts'
import { chain, link, type Optimiser } from './optimiser.ts'
import type { OptimiserKind } from './optimiserKind.ts'
import { partition } from './partition.ts'
import { type Rate, schedule } from './schedule.ts'

/** Coefficients of the iteration X <- a X + (b A + c A A) X with A = X X^T. */
const [a, b, c] = [3.4445, -4.775, 2.0315]

const swapped = transpose([0, 2, 1])

/**
 * Matrices x [k, r, c], each divided by its Frobenius norm and brought near the orthogonal matrix U V^T of its singular value
 * decomposition U S V^T: singular values come to lie between about 0.7 and 1.2.
 */
export const orthogonalise =
  (iterations: number) =>
  (x: Tensor): Tensor => {
    const [, rows, columns] = ofRank(x, 3, 'matrices [k, r, c]')
    const wide = rows > columns ? swapped(x) : x
    const unit = div(wide, add(sqrt(sum([1, 2], { keep: true })(square(wide))), 1e-7))
    const done = Array.from({ length: iterations }).reduce<Tensor>((y) => {
      const gram = matmul(y, swapped(y))
      return add(mul(y, a), matmul(add(mul(gram, b), mul(matmul(gram, gram), c)), y))
    }, unit)
    return rows > columns ? swapped(done) : done
  }

/** A parameter as matrices [k, in, out]: weights are [in, out] in the engine, and kernels [k, k, in, out]. */
interface Matrices {
  readonly leaf: Leaf
  readonly k: number
  readonly rows: number
  readonly columns: number
}

const matricesOf = (leaf: Leaf, k: number): Matrices => {
  const { shape } = leaf.parameter
  const out = sizeAt(shape, shape.length - 1)
  if (out % k !== 0) throw new RangeError(`${leaf.name} has ${out} outputs: they are not ${k} matrices`)
  return { leaf, k, rows: size(shape) / out, columns: out / k }
}

/** The parameter -> [k, rows, columns]. */
const split = ({ k, rows, columns }: Matrices, x: Tensor): Tensor =>
  transpose([1, 0, 2])(reshape([rows, k, columns])(x))
const merged = ({ leaf, k, rows, columns }: Matrices, x: Tensor): Tensor =>
  reshape(leaf.parameter.shape)(transpose([1, 0, 2])(reshape([k, rows, columns])(x)))

/** Equal shapes are one batched product. */
const byShape = (all: readonly Matrices[]): readonly (readonly Matrices[])[] => {
  const groups = new Map<string, readonly Matrices[]>()
  for (const m of all) groups.set(`${m.rows} ${m.columns}`, [...(groups.get(`${m.rows} ${m.columns}`) ?? []), m])
  return [...groups.values()]
}

/** Momentum (0.95 unless given), and the iterations that orthogonalise it (5 unless given). */
export interface MuonMomentum {
  readonly momentum?: number
  readonly iterations?: number
  /** Matrices side by side in one parameter: a joint projection of queries, keys and values is 3. */
  readonly matrices?: (leaf: Leaf) => number
}

/** Every matrix of the updates orthogonalised, times sqrt(max(1, out / in)); the updates are all matrices or kernels. */
export const scaleByMuon = ({ momentum = 0.95, iterations = 5, matrices = () => 1 }: MuonMomentum = {}): Optimiser =>
  link({
    name: 'muon',
    state: { momentum: 'zeros' },
    feeds: () => ({}),
    update: ({ spec, updates: g, state }) => {
      const trace = add(mul(state.momentum, momentum), mul(g, 1 - momentum))
      const nesterov = add(mul(g, 1 - momentum), mul(trace, momentum))
      return { updates: orthogonal(spec, nesterov, iterations, matrices), state: { momentum: trace } }
    },
  })

const orthogonal = (spec: Spec, u: Tensor, iterations: number, matrices: (leaf: Leaf) => number): Tensor => {
  const leaves = unflatten(byName(spec))(u)
  const all = leavesOf(spec).map((leaf) => matricesOf(leaf, matrices(leaf)))
  const done = byShape(all).flatMap((group) => {
    const { rows, columns } = at(group, 0)
    const stacked = concat(0)(group.map((m) => split(m, leafOf(leaves, m.leaf))))
    const near = mul(orthogonalise(iterations)(stacked), Math.sqrt(Math.max(1, columns / rows)))
    let from = 0
    return group.map((m) => {
      const own = take(0, from, from + m.k)(near)
      from += m.k
      return [m.leaf.name, merged(m, own)] as const
    })
  })
  return flatten(byName(spec))(Object.fromEntries(done))
}

const leafOf = (leaves: { readonly [name: string]: Tensor }, { name }: Leaf): Tensor => {
  const found = leaves[name]
  if (found === undefined) throw new RangeError(`there is no parameter ${name}`)
  return found
}

/** What `muon` takes: the rate and the choice of matrices, and AdamW for the rest. */
export interface Muon extends MuonMomentum {
  readonly learningRate: Rate
  /** For every parameter that is not a matrix of Muon's. */
  readonly adamw: AdamW
  /** The matrices and kernels inside the network: not its first and last layer, embeddings or tables. */
  readonly where: (leaf: Leaf) => boolean
}

/**
 * Muon, momentum made orthogonal, for the matrices and kernels that `where` picks, and AdamW for the rest. Rates of 0.01 to
 * 0.02 beside AdamW's 1e-3 are a good start; Muon's own part has no weight decay.
 */
export const muon = ({ learningRate, adamw: rest, where, ...momentum }: Muon): Optimiser =>
  partition(
    {
      name: 'muon',
      where,
      optimiser: chain(scaleByMuon(momentum), scaleByLearningRate(learningRate)),
    },
    { name: 'rest', where: () => true, optimiser: adamw(rest) },
  )

/** As settings name it. */
export const muonKind: OptimiserKind = {
  name: 'muon',
  help: 'Muon at matrix_learning_rate for matrices and convolutions, AdamW for the rest',
  make: ({ learningRate, matrixLearningRate, peak, matrices, ...c }) =>
    muon({
      learningRate: schedule((images) => (matrixLearningRate / peak) * learningRate(images), learningRate.end),
      matrices,
      where: (leaf) => matrices(leaf) > 0,
      adamw: { learningRate, beta1: c.beta1, beta2: c.beta2, eps: c.eps, weightDecay: c.weightDecay },
    }),
}

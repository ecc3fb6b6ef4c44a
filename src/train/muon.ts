/**
 * Muon (Jordan 2024): momentum whose matrices are orthogonalised by five Newton-Schulz iterations, for the matrices and
 * convolutions inside a network; AdamW for the rest.
 */
import { type ByName, type Leaf, leavesOf, type Spec } from '../nn/spec.ts'
import { at, sizeAt } from '../tensor/axes.ts'
import { add, mul, place, reshape, type Tensor, take, transpose } from '../tensor/ops.ts'
import { size } from '../tensor/shape.ts'
import { type AdamW, adamw } from './adamw.ts'
import { addDecayedWeights, scaleByLearningRate } from './links.ts'
import { newtonSchulz } from './newtonSchulz.ts'
import { chain, link, type Optimiser } from './optimiser.ts'
import type { OptimiserKind } from './optimiserKind.ts'
import { partition } from './partition.ts'
import { type Rate, schedule } from './schedule.ts'

/** A parameter as matrices side by side: weights are [in, k out] in the engine, and kernels [n, n, in, k out]. */
interface Shape {
  readonly k: number
  readonly rows: number
  readonly columns: number
}

const shapeOf = ({ name, parameter: { shape } }: Leaf, k: number): Shape => {
  const out = sizeAt(shape, shape.length - 1)
  if (out % k !== 0) throw new RangeError(`${name} has ${out} outputs: they are not ${k} matrices`)
  return { k, rows: size(shape) / out, columns: out / k }
}

const sameShape = (x: Shape, y: Shape): boolean => x.k === y.k && x.rows === y.rows && x.columns === y.columns

/** Parameters of one shape that lie one behind another: elements start to start + n rows k columns. */
interface Stack extends Shape {
  readonly start: number
  readonly n: number
}

const stacksOf = (spec: Spec, matrices: (leaf: Leaf) => number): readonly Stack[] =>
  leavesOf(spec).reduce<readonly Stack[]>((all, leaf) => {
    const [last, own] = [all.at(-1), shapeOf(leaf, matrices(leaf))]
    return last !== undefined && sameShape(last, own) && last.start + last.n * leaf.size === leaf.start
      ? [...all.slice(0, -1), { ...last, n: last.n + 1 }]
      : [...all, { ...own, start: leaf.start, n: 1 }]
  }, [])

/** The matrices of a stack in [P], a view of it: [n, k, rows, columns]; and back, [n rows k columns]. */
const read = ({ start, n, k, rows, columns }: Stack, flat: Tensor): Tensor =>
  transpose([0, 2, 1, 3])(reshape([n, rows, k, columns])(take(0, start, start + n * rows * k * columns)(flat)))
const written = ({ n, k, rows, columns }: Stack, x: Tensor): Tensor =>
  reshape([n * rows * k * columns])(transpose([0, 2, 1, 3])(reshape([n, k, rows, columns])(x)))

/** The same parameters, those of one shape one behind another: `orthogonal` reads these where they lie. */
const byShape =
  (matrices: (leaf: Leaf) => number) =>
  (spec: ByName): ByName => {
    const groups = Map.groupBy(leavesOf(spec), (leaf) => Object.values(shapeOf(leaf, matrices(leaf))).join(' '))
    return Object.fromEntries([...groups.values()].flat().map(({ name, parameter }) => [name, parameter]))
  }

const one = (): number => 1

/** Momentum (0.95 unless given), and the iterations that orthogonalise it (5 unless given). */
export interface MuonMomentum {
  readonly momentum?: number
  readonly iterations?: number
  /** Matrices side by side in one parameter: a joint projection of queries, keys and values is 3. */
  readonly matrices?: (leaf: Leaf) => number
}

/** Every matrix of the updates orthogonalised, times sqrt(max(1, out / in)); the updates are all matrices or kernels. */
export const scaleByMuon = ({ momentum = 0.95, iterations = 5, matrices = one }: MuonMomentum = {}): Optimiser =>
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
  const stacks = stacksOf(spec, matrices)
  if (stacks.length === 0) return u
  const near = newtonSchulz(iterations)(
    stacks.map((stack) => ({ x: read(stack, u), times: Math.sqrt(Math.max(1, stack.columns / stack.rows)) })),
  )
  return place(
    u.shape,
    stacks.map(({ start }) => ({ start: [start], step: [1] })),
    near.map((x, i) => written(at(stacks, i), x)),
  )
}

/** What `muon` takes: the rate and the choice of matrices, and AdamW for the rest. */
export interface Muon extends MuonMomentum {
  readonly learningRate: Rate
  /** Decoupled weight decay of the matrices, times the learning rate; 0 unless given. */
  readonly weightDecay?: number
  /** For every parameter that is not a matrix of Muon's. */
  readonly adamw: AdamW
  /** The matrices and kernels inside the network: not its first and last layer, embeddings or tables. */
  readonly where: (leaf: Leaf) => boolean
}

/**
 * Muon, momentum made orthogonal, for the matrices and kernels that `where` picks, and AdamW for the rest. Rates of 0.01 to
 * 0.02 beside AdamW's 1e-3 are a good start.
 */
export const muon = ({ learningRate, weightDecay = 0, adamw: rest, where, ...momentum }: Muon): Optimiser =>
  partition(
    {
      name: 'muon',
      where,
      arrange: byShape(momentum.matrices ?? one),
      optimiser: chain(
        scaleByMuon(momentum),
        ...(weightDecay === 0 ? [] : [addDecayedWeights(weightDecay)]),
        scaleByLearningRate(learningRate),
      ),
    },
    { name: 'rest', where: () => true, optimiser: adamw(rest) },
  )

/** As settings name it. */
export const muonKind: OptimiserKind = {
  name: 'muon',
  help: 'Muon at matrix_learning_rate for matrices and convolutions, AdamW for the rest',
  make: ({ learningRate, matrixLearningRate, matrixMomentum, matrixWeightDecay, peak, matrices, ...c }) =>
    muon({
      learningRate: schedule((images) => (matrixLearningRate / peak) * learningRate(images), learningRate.end),
      momentum: matrixMomentum,
      weightDecay: matrixWeightDecay,
      matrices,
      where: (leaf) => matrices(leaf) > 0,
      adamw: { learningRate, beta1: c.beta1, beta2: c.beta2, eps: c.eps, weightDecay: c.weightDecay },
    }),
}

/**
 * One update of a training as one program: the loss, its gradient, the optimiser and the average, over state that stays on
 * the backend.
 *
 *   (theta, the optimiser's state[, average][, accumulated], batch, scalars) -> (the same state, loss, gradient norm)
 *
 * With gradient accumulation the same program runs once per micro-batch: `kept` 0 starts a new sum of gradients, 1 adds to
 * it, and `apply` 0 leaves parameters, optimiser and average as they are until the last micro-batch, bit for bit.
 */
import { flatSize, flatten, type Params, type Spec, unflatten } from '../nn/spec.ts'
import type { Compiled } from '../plan/compiled.ts'
import { type Declared, inputsOf, type None, type Program, type Tensors } from '../plan/program.ts'
import { add, input as declared, mul, ShapeError, type Tensor, where } from '../tensor/ops.ts'
import { type Shape, size } from '../tensor/shape.ts'
import { recorded } from '../tensor/tensor.ts'
import { valueAndGrad } from '../transform/grad.ts'
import { averaged, type Ema, emaDecay, emaFeeds } from './ema.ts'
import { globalNorm } from './links.ts'
import type { Optimiser, Progress, StateSpec } from './optimiser.ts'

/** Inputs by name: each a shape, or for places (labels, tokens) `{ shape, below }`. */
export type BatchSpec = Readonly<Record<string, Declared>>
/** The inputs of a batch as tensors, by name. */
export type BatchTensors<B extends BatchSpec> = { readonly [Name in keyof B]: Tensor }

/** What a step gives. */
type Measured = { readonly loss: Tensor; readonly gradientNorm: Tensor }
export type StepProgram = Program<None, Measured, readonly Tensor[], Tensors>
/** It can be built again so that its nodes record where. */
export type RecordedStep = StepProgram & { readonly recorded: () => StepProgram }
export type CompiledStep = Compiled<None, Measured, readonly Tensor[], Tensors>

/** What is trained: parameters, the inputs of a batch, the loss, the optimiser. */
export interface Task<S extends Spec, B extends BatchSpec> {
  /** The parameters. */
  readonly spec: S
  /** The inputs of a micro-batch by name; the first axis of each is its images. */
  readonly batch: B
  /** The loss of a micro-batch, shape []: a mean over its images. */
  readonly loss: (params: Params<S>, batch: BatchTensors<B>) => Tensor
  readonly optimiser: Optimiser
  /** Keeps an average of the parameters. */
  readonly ema?: Ema
  /** Micro-batches per update, 1 if not given; the loss of an update is the mean of theirs. */
  readonly accumulate?: number
}

/**
 * A task to start and to resume, checked where it is written: the loss knows its parameters by the spec, and its inputs by the
 * batch.
 */
export const task = <S extends Spec, const B extends BatchSpec>(task: Task<S, B>): Task<S, B> => task

/** The state's tensors that are not the optimiser's. */
const reserved = ['theta', 'average', 'accumulated', 'accumulatedLoss', 'kept', 'apply', 'emaKept', 'emaNew']

/** Names of a batch that a step uses itself. */
const checkNames = (batch: BatchSpec, own: readonly string[]): void => {
  const taken = Object.keys(batch).find((name) => reserved.includes(name) || own.includes(name))
  if (taken !== undefined)
    throw new ShapeError('trainingStep', [], `an input of the batch is called "${taken}", which a step uses itself`)
}

const oneNumber = (loss: Tensor): Tensor => {
  if (size(loss.shape) !== 1) throw new ShapeError('train', [loss], 'the loss must be one number: take its mean')
  return loss
}

const shapeOf = (spec: Declared): Shape => ('shape' in spec ? spec.shape : spec)

/** Images of a micro-batch: the first axis of its inputs, which must be the same. */
export const microBatchOf = (batch: BatchSpec): number => {
  const sizes = Object.entries(batch).map(([name, spec]) => ({ name, n: shapeOf(spec)[0] }))
  const [first] = sizes
  const other = sizes.find(({ n }) => n === undefined || n !== first?.n)
  if (first?.n === undefined || other !== undefined)
    throw new ShapeError(
      'train',
      [],
      `the first axis of every input of a batch is its images, but ${sizes.map(({ name, n }) => `"${name}" has ${n ?? 'none'}`).join(', ')}`,
    )
  return first.n
}

export const accumulates = ({ accumulate = 1 }: { readonly accumulate?: number }): boolean => accumulate > 1

/** The states of a training, laid out as specs: parameters, average and the optimiser's. */
export const statesOf = ({
  spec,
  optimiser,
  ema,
}: Pick<Task<Spec, BatchSpec>, 'spec' | 'optimiser' | 'ema'>): Readonly<Record<string, StateSpec>> => ({
  theta: { spec, from: 'parameters' },
  ...(ema === undefined ? {} : { average: { spec, from: 'parameters' } }),
  ...optimiser.init(spec),
})

/** The name of the state that holds the parameters to evaluate with. */
export const evaluatedState = ({ optimiser, ema }: Pick<Task<Spec, BatchSpec>, 'optimiser' | 'ema'>): string =>
  ema === undefined ? (optimiser.evaluated ?? 'theta') : 'average'

/** @param mark what becomes of each input */
const stepOver = <S extends Spec, const B extends BatchSpec>(
  task: Task<S, B>,
  mark: (input: Tensor) => Tensor,
): StepProgram => {
  const { spec, batch, optimiser, ema, accumulate = 1 } = task
  const input = (name: string, shape: Shape): Tensor => mark(declared(name, shape))
  const states = optimiser.init(spec)
  const scalars = Object.keys(optimiser.feeds({ images: 1, updates: 1 }))
  microBatchOf(batch)
  checkNames(batch, [...Object.keys(states), ...scalars])
  const flat = (name: string, of: Spec): Tensor => input(name, [flatSize(of)])
  const theta = flat('theta', spec)
  const state = Object.fromEntries(Object.entries(states).map(([name, s]) => [name, flat(name, s.spec)]))
  const inputs = inputsOf(batch, mark)
  const [ownLoss, tree] = valueAndGrad((params: Params<S>) => oneNumber(task.loss(params, inputs)))(
    unflatten(spec)(theta),
  )
  const own = flatten(spec)(tree)

  const summed = accumulates(task)
  const [kept, apply] = [input('kept', []), input('apply', [])]
  const sum = (name: string, shape: Shape, part: Tensor): Tensor =>
    summed ? add(mul(input(name, shape), kept), mul(part, 1 / accumulate)) : part
  const gradient = sum('accumulated', theta.shape, own)
  const loss = sum('accumulatedLoss', [], ownLoss)

  const feeds = Object.fromEntries(scalars.map((name) => [name, input(name, [])]))
  const { updates, state: next } = optimiser.update({ spec, theta, updates: gradient, state, feeds })
  const moved = add(theta, updates)
  const average = flat('average', spec)
  const after: Readonly<Record<string, Tensor>> = {
    theta: moved,
    ...(ema === undefined ? {} : { average: averaged(average, moved, input('emaKept', []), input('emaNew', [])) }),
    ...next,
  }
  const before: Readonly<Record<string, Tensor>> = { theta, average, ...state }
  const held = (name: string, value: Tensor): Tensor => {
    const old = before[name]
    if (old === undefined)
      throw new ShapeError('trainingStep', [value], `the optimiser gives a state "${name}" that it does not declare`)
    return summed ? where(apply, value, old) : value
  }
  return {
    scalars: { loss, gradientNorm: globalNorm(gradient) },
    state: {
      ...Object.fromEntries(Object.entries(after).map(([name, value]) => [name, held(name, value)])),
      ...(summed ? { accumulated: gradient, accumulatedLoss: loss } : {}),
    },
    // a partition may have a group without parameters, whose numbers are fed all the same
    inputs: Object.values(feeds),
  }
}

/** The program of an update; `recorded` is the same, built again for a trace. Throws a `ShapeError` as the loss does. */
export const trainingStep = <S extends Spec, const B extends BatchSpec>(task: Task<S, B>): RecordedStep => ({
  ...stepOver(task, (x) => x),
  recorded: () => stepOver(task, recorded),
})

/** The scalars of micro-batch `part` of an update; `images` and `updates` count this update too. */
export const scalarsOf = (
  task: Pick<Task<Spec, BatchSpec>, 'optimiser' | 'ema' | 'accumulate'>,
  at: Progress,
  imagesOfUpdate: number,
  part: number,
): Readonly<Record<string, number>> => {
  const { optimiser, ema, accumulate = 1 } = task
  return {
    ...optimiser.feeds(at),
    ...(ema === undefined ? {} : emaFeeds(emaDecay(ema)(at.images, imagesOfUpdate))),
    ...(accumulates(task) ? { kept: part === 0 ? 0 : 1, apply: part === accumulate - 1 ? 1 : 0 } : {}),
  }
}

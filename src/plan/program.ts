/** The input of planning: tensors to compute by name, and state that persists from run to run. */
import { index, input } from '../tensor/leaf.ts'
import type { Shape } from '../tensor/shape.ts'
import { recorded, type Tensor } from '../tensor/tensor.ts'

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>
/** No tensors. */
export type None = Readonly<Record<never, Tensor>>
/** Inputs as a list, or each under its own name: then the names of feeds are known to the compiler. */
export type Inputs = readonly Tensor[] | Tensors

/**
 * What is compiled: outputs, scalars and next states by name. `Program` alone is a program whose names are known at run time
 * only.
 */
export interface Program<
  O extends Tensors = Tensors,
  S extends Tensors = None,
  I extends Inputs = Inputs,
  N extends Tensors = Tensors,
> {
  /** Inputs beyond those that outputs and next states depend on: feeds for them are accepted and have no effect. */
  readonly inputs?: I
  /** The outputs of a run, by name. */
  readonly outputs?: O
  /** Outputs of shape [], whose values are plain numbers. */
  readonly scalars?: S
  /** The next value of inputs that are state, by the input's name. */
  readonly state?: N
  /** The same program, built again so that its nodes record where: slow, for traces. */
  readonly recorded?: () => Program<O, S, I, N>
}

/** An input: its shape, or the shape of an index and what its places are below. */
export type Declared = Shape | { readonly shape: Shape; readonly below?: number }
type Declarations = Readonly<Record<string, Declared>>
type Made<D> = { readonly [Name in keyof D]: Tensor }

const isShape = (d: Declared): d is Shape => Array.isArray(d)

const declared = (name: string, d: Declared): Tensor => {
  if (isShape(d)) return input(name, d)
  return d.below === undefined ? input(name, d.shape) : index(name, d.shape, d.below)
}

/** The inputs themselves, by name. */
export function inputsOf<D extends Declarations>(shapes: D, mark?: (input: Tensor) => Tensor): Made<D>
export function inputsOf(shapes: Declarations, mark: (input: Tensor) => Tensor = (x) => x): Tensors {
  return Object.fromEntries(Object.entries(shapes).map(([name, d]) => [name, mark(declared(name, d))]))
}

/**
 * A program over inputs that are made here, by name: `program({ x: [64, 1] }, ({ x }) => ({ outputs: { y: tanh(x) } }))`.
 * Each is a shape, or `{ shape, below }` for an index. Runs of what it compiles to take a feed for each, except for those
 * that are state.
 */
export const program = <
  const D extends Declarations,
  O extends Tensors = None,
  S extends Tensors = None,
  N extends Tensors = None,
>(
  shapes: D,
  build: (inputs: Made<D>) => Pick<Program<O, S, Inputs, N>, 'outputs' | 'scalars' | 'state'>,
): Program<O, S, Made<D>, N> => {
  const over = (inputs: Made<D>): Program<O, S, Made<D>, N> => ({ ...build(inputs), inputs })
  return { ...over(inputsOf(shapes, (x) => x)), recorded: () => over(inputsOf(shapes, recorded)) }
}

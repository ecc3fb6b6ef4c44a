/** From a program to an executable: simplify, schedule, plan, and the one impure step, compilation by the backend. */

import type { Backend, CompileOptions } from '../plan/backend.ts'
import { type Compiled, type Feeds, type Values, withShapes } from '../plan/compiled.ts'
import { lifetimesOf } from '../plan/lifetimes.ts'
import type { Plan } from '../plan/plan.ts'
import type { Inputs, None, Program, Tensors } from '../plan/program.ts'
import { at } from '../tensor/axes.ts'
import { belowOf } from '../tensor/below.ts'
import { ShapeError } from '../tensor/errors.ts'
import { inputName, inputsOf } from '../tensor/leaf.ts'
import { text } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type SimplifyOptions, simplify } from '../transform/simplify.ts'
import { regionsOf } from './regions.ts'
import { schedule } from './schedule.ts'
import type { Roots } from './slots.ts'

/** The same tensors in normal form; state and outputs share equal nodes. */
const normalForm = ({ outputs, state }: Roots, options: SimplifyOptions): Roots => {
  const nodes = simplify([...Object.values(outputs), ...Object.values(state)], options)
  const names = Object.keys(outputs)
  const take = (list: readonly string[], from: number): Tensors =>
    Object.fromEntries(list.map((name, i) => [name, at(nodes, from + i)]))
  return { outputs: take(names, 0), state: take(Object.keys(state), names.length) }
}

const refuse = (x: Tensor, reason: string): never => {
  throw new ShapeError('compile', [x], reason)
}

/** Inputs that the program declares: each is one, and stands under its own name. */
const declaredBy = ({ inputs = [] }: AnyProgram): readonly Tensor[] => {
  const isList = (list: Inputs): list is readonly Tensor[] => Array.isArray(list)
  const named = isList(inputs) ? inputs.map((x) => [inputName(x), x] as const) : Object.entries(inputs)
  return named.map(([name, x]) => {
    const own = inputName(x)
    if (own === null) return refuse(x, `${x.op} is declared as an input, which it is not`)
    return own === name ? x : refuse(x, `the input "${own}" is declared as "${name}", expected its own name`)
  })
}

/** Outputs and scalars as one, and state. */
const rootsOf = ({ outputs = {}, scalars = {}, state = {} }: AnyProgram): Roots => {
  for (const [name, x] of Object.entries(scalars)) {
    if (x.shape.length > 0) refuse(x, `the scalar "${name}" has shape ${text(x.shape)}, expected []`)
    if (Object.hasOwn(outputs, name)) refuse(x, `"${name}" is an output and a scalar, expected one of them`)
  }
  return { outputs: { ...outputs, ...scalars }, state }
}

type AnyProgram = Program<Tensors, Tensors>

export const planOf = (program: AnyProgram, options: SimplifyOptions = {}): Plan => {
  const roots = rootsOf(program)
  const given = declaredBy(program)
  const declared = inputsOf([...Object.values(roots.outputs), ...Object.values(roots.state), ...given], 'compile')
  const place = declared.find((x) => {
    const name = inputName(x)
    return name !== null && Object.hasOwn(roots.state, name) && belowOf(x) !== null
  })
  if (place !== undefined) refuse(place, `${place} cannot be state: places are checked when they are fed`)
  const { drafts, ...rest } = schedule(normalForm(roots, options), declared)
  const regions = regionsOf(drafts, rest.buffers)
  return { ...rest, regions, lifetimes: lifetimesOf({ ...rest, regions }) }
}

/**
 * Plans a program and compiles it on a backend. The names of outputs and scalars are types of the result, those of feeds
 * too if the program declares its inputs by name (`program`). Throws a `ShapeError` for a program that cannot be planned;
 * rejects with a `BackendError` as `Backend.compile` does.
 */
export const compile =
  (backend: Backend, options: CompileOptions = {}) =>
  async <
    O extends Tensors = None,
    S extends Tensors = None,
    I extends Inputs = readonly Tensor[],
    N extends Tensors = None,
  >(
    program: Program<O, S, I, N>,
  ): Promise<Compiled<O, S, I, N>> => {
    const plan = planOf(program, { exact: options.exact === true })
    return withShapes(plan, await backend.compile(plan, options), program)
  }

/** Compiles, runs once and disposes: for tests and for inspecting values. `inputs` as in `Program`. */
export const evaluate =
  (backend: Backend, options: CompileOptions = {}) =>
  async <O extends Tensors>(
    outputs: O,
    feeds: Feeds,
    inputs: readonly Tensor[] = [],
  ): Promise<{ readonly [Name in keyof O]: Values }> => {
    const executable = await compile(backend, options)({ outputs, inputs })
    try {
      return await executable.run(feeds)
    } finally {
      await executable.dispose()
    }
  }

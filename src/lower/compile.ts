/** From a program to an executable: simplify, schedule, plan, and the one impure step, compilation by the backend. */

import type { Backend, CompileOptions } from '../plan/backend.ts'
import { type Compiled, type Feeds, type Values, withShapes } from '../plan/compiled.ts'
import type { Plan } from '../plan/plan.ts'
import type { Inputs, None, Program, Tensors } from '../plan/program.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { SimplifyOptions } from '../transform/simplify.ts'
import { type AnyProgram, explained } from './explained.ts'

/** The plan of a program; throws a `ShapeError` for a program that cannot be planned. */
export const planOf = (program: AnyProgram, options: SimplifyOptions = {}): Plan => explained(program, options).plan

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

/** From a program to an executable: simplify, schedule, plan, and the one impure step, the backend's compiler. */

import type { Backend, CompileOptions } from '../plan/backend.ts'
import { type Compiled, type Feeds, type Outputs, withShapes } from '../plan/compiled.ts'
import { lifetimesOf } from '../plan/lifetimes.ts'
import type { Plan } from '../plan/plan.ts'
import type { Program } from '../plan/program.ts'
import { belowOf } from '../tensor/below.ts'
import { ShapeError } from '../tensor/errors.ts'
import { inputName, inputsOf } from '../tensor/leaf.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type SimplifyOptions, simplify } from '../transform/simplify.ts'
import { regionsOf } from './regions.ts'
import { schedule } from './schedule.ts'

const normalForm = (
  { outputs, state }: Pick<Program, 'outputs' | 'state'>,
  options: SimplifyOptions,
): Pick<Program, 'outputs' | 'state'> => {
  const nodes = simplify([...Object.values(outputs), ...Object.values(state)], options)
  const names = Object.keys(outputs)
  const take = (list: readonly string[], from: number): Readonly<Record<string, Tensor>> =>
    Object.fromEntries(
      list.flatMap((name, i) => {
        const node = nodes[from + i]
        return node === undefined ? [] : [[name, node]]
      }),
    )
  return { outputs: take(names, 0), state: take(Object.keys(state), names.length) }
}

export const planOf = (program: Program, options: SimplifyOptions = {}): Plan => {
  const roots = [...Object.values(program.outputs), ...Object.values(program.state)]
  const wrong = program.inputs?.find((x) => inputName(x) === null)
  if (wrong !== undefined)
    throw new ShapeError('compile', [wrong], `${wrong.op} is declared as an input, which it is not`)
  const declared = inputsOf([...roots, ...(program.inputs ?? [])], 'compile')
  const place = declared.find((x) => {
    const name = inputName(x)
    return name !== null && name in program.state && belowOf(x) !== null
  })
  if (place !== undefined)
    throw new ShapeError('compile', [place], `${place} cannot be state: places are checked when they are fed`)
  const { drafts, ...rest } = schedule(normalForm(program, options), declared)
  const regions = regionsOf(drafts, rest.buffers)
  return { ...rest, regions, lifetimes: lifetimesOf({ ...rest, regions }) }
}

export const compile =
  (backend: Backend, options: CompileOptions = {}) =>
  async (program: Program): Promise<Compiled> => {
    const plan = planOf(program, { exact: options.exact === true })
    return withShapes(plan, await backend.compile(plan, options))
  }

/** Compiles, runs once, and lets go: for tests and for looking at values. `inputs` as in `Program`. */
export const evaluate =
  (backend: Backend, options: CompileOptions = {}) =>
  async (outputs: Readonly<Record<string, Tensor>>, feeds: Feeds, inputs: readonly Tensor[] = []): Promise<Outputs> => {
    const executable = await compile(backend, options)({ outputs, state: {}, inputs })
    try {
      return await executable.run(feeds)
    } finally {
      await executable.dispose()
    }
  }

/** From a program to an executable: simplify, schedule, plan, and the one impure step, the backend's compiler. */

import { ShapeError } from '../tensor/errors.ts'
import { inputName, inputsOf } from '../tensor/leaf.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { simplify } from '../transform/simplify.ts'
import type { Backend, CompileOptions, Executable, Named } from './backend.ts'
import { reads, writes } from './kernel.ts'
import type { Plan, Region } from './plan.ts'
import { regionsOf } from './regions.ts'
import { type Program, type Schedule, schedule } from './schedule.ts'

export type { Program } from './schedule.ts'

const normalForm = ({ outputs, state }: Pick<Program, 'outputs' | 'state'>): Program => {
  const nodes = simplify([...Object.values(outputs), ...Object.values(state)])
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

const withLifetimes = (s: Schedule, regions: readonly Region[]): Plan => {
  const first = new Map<number, number>()
  const last = new Map<number, number>()
  regions.forEach((region, i) => {
    for (const k of region.kernels)
      for (const b of [...reads(k), writes(k)]) {
        if (!first.has(b)) first.set(b, i)
        last.set(b, i)
      }
  })
  const lasting = new Set([...s.inputs, ...s.outputs, ...s.constants].map((p) => p.buffer))
  const lifetimes = s.buffers.map((_, b): readonly [number, number] | null =>
    lasting.has(b) ? null : [first.get(b) ?? 0, last.get(b) ?? -1],
  )
  const { drafts, ...rest } = s
  return { ...rest, regions, lifetimes }
}

export const planOf = (program: Program): Plan => {
  const roots = [...Object.values(program.outputs), ...Object.values(program.state)]
  const wrong = program.inputs?.find((x) => inputName(x) === null)
  if (wrong !== undefined)
    throw new ShapeError('compile', [wrong], `${wrong.op} is declared as an input, which it is not`)
  const declared = inputsOf([...roots, ...(program.inputs ?? [])], 'compile')
  const s = schedule(normalForm(program), declared)
  return withLifetimes(s, regionsOf(s.drafts, s.buffers))
}

export const compile =
  (backend: Backend, options: CompileOptions = {}) =>
  (program: Program): Promise<Executable> =>
    backend.compile(planOf(program), options)

/** Compiles, runs once, and lets go: for tests and for looking at values. `inputs` as in `Program`. */
export const evaluate =
  (backend: Backend, options: CompileOptions = {}) =>
  async (outputs: Readonly<Record<string, Tensor>>, feeds: Named, inputs: readonly Tensor[] = []): Promise<Named> => {
    const executable = await compile(backend, options)({ outputs, state: {}, inputs })
    try {
      return await executable.run(feeds)
    } finally {
      await executable.dispose()
    }
  }

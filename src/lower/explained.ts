/** From a program to its plan, and back from a kernel of the plan to what the program says there. */
import { lifetimesOf } from '../plan/lifetimes.ts'
import type { Plan } from '../plan/plan.ts'
import type { Inputs, Program, Tensors } from '../plan/program.ts'
import { at } from '../tensor/axes.ts'
import { belowOf } from '../tensor/below.ts'
import { ShapeError } from '../tensor/errors.ts'
import type { Expression } from '../tensor/expression.ts'
import { inputName, inputsOf } from '../tensor/leaf.ts'
import { text } from '../tensor/shape.ts'
import type { Strided, Tensor } from '../tensor/tensor.ts'
import { type Origin, type Simplified, type SimplifyOptions, simplified } from '../transform/simplify.ts'
import { regionsOf } from './regions.ts'
import { schedule } from './schedule.ts'
import type { Roots } from './slots.ts'

/** The same tensors in normal form; state and outputs share equal nodes. */
const normalForm = (
  { outputs, state }: Roots,
  options: SimplifyOptions,
): Omit<Simplified, 'outputs'> & { readonly roots: Roots } => {
  const { outputs: nodes, ...rest } = simplified([...Object.values(outputs), ...Object.values(state)], options)
  const names = Object.keys(outputs)
  const take = (list: readonly string[], from: number): Tensors =>
    Object.fromEntries(list.map((name, i) => [name, at(nodes, from + i)]))
  return { roots: { outputs: take(names, 0), state: take(Object.keys(state), names.length) }, ...rest }
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

/** A program of any names. */
export type AnyProgram = Program<Tensors, Tensors>

/** What a kernel stores, in the words of the program. */
export interface Stored {
  readonly origin: Origin
  /** Where its elements are in their buffer. */
  readonly view: Strided
}

export interface Explained {
  readonly plan: Plan
  /** What the kernel of a name stores; undefined for kernels that clear and copy. */
  readonly kernel: (name: string) => Stored | undefined
  /** What a part of a kernel's expression computes; undefined inside of what one operation lowers to. */
  readonly part: (part: Expression) => Origin | undefined
}

export const explained = (program: AnyProgram, options: SimplifyOptions = {}): Explained => {
  const roots = rootsOf(program)
  const given = declaredBy(program)
  const declared = inputsOf([...Object.values(roots.outputs), ...Object.values(roots.state), ...given], 'compile')
  const place = declared.find((x) => {
    const name = inputName(x)
    return name !== null && Object.hasOwn(roots.state, name) && belowOf(x) !== null
  })
  if (place !== undefined) refuse(place, `${place} cannot be state: places are checked when they are fed`)
  const normal = normalForm(roots, options)
  const { draft, made } = schedule(normal.roots, declared, normal.labelOf)
  const { drafts, ...rest } = draft
  const regions = regionsOf(drafts, rest.buffers)
  const plan = { ...rest, regions, lifetimes: lifetimesOf({ ...rest, regions }) }
  return {
    plan,
    kernel: (name) => {
      const stored = made.kernels.get(name)
      const origin = stored === undefined ? undefined : normal.originOf(stored.node)
      return stored === undefined || origin === undefined ? undefined : { origin, view: stored.view }
    },
    part: (part) => {
      const node = made.parts.get(part)
      return node === undefined ? undefined : normal.originOf(node)
    },
  }
}

/**
 * A compiled program as a user holds it: an executable whose feeds may be nested lists and plain numbers, whose outputs
 * know their shapes, and whose names are types. Backends know none of it.
 */
import * as E from 'fp-ts/lib/Either.js'
import { blockOf, type Nested } from '../tensor/nested.ts'
import { type Shape, sameShape, text } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Executable, Named, Numbers } from './backend.ts'
import { FeedError } from './errors.ts'
import type { Plan, Slot } from './plan.ts'
import type { Inputs, None, Program, Tensors } from './program.ts'

/** Whole numbers as data sets hold them: labels, places, bytes. */
export type Integers = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array
/** Row-major numbers; nested lists of the input's shape; a number for an input of shape []. */
export type Feed = Numbers | Integers | Nested
/** Values for inputs, by their names. */
export type Feeds = Readonly<Record<string, Feed>>

/** Row-major numbers that know their shape. */
export type Values = Numbers & { readonly shape: Shape }
/** Outputs of a run, by their names. */
export type Outputs = Readonly<Record<string, Values>>

/** What a run returns: blocks of numbers for outputs, a plain number for each scalar. */
export type Results<O extends Tensors, S extends Tensors> = { readonly [Name in keyof O]: Values } & {
  readonly [Name in keyof S]: number
}

/** What a run takes: if the program declares its inputs by name, a feed for each that is not state. */
export type FeedsOf<I extends Inputs, N extends Tensors> = I extends readonly Tensor[]
  ? Feeds
  : string extends keyof I
    ? Feeds
    : { readonly [Name in Exclude<keyof I, keyof N>]: Feed } & { readonly [Name in keyof I & keyof N]?: Feed }

/**
 * A compiled program: it runs on feeds by name, and keeps its state from run to run. `O`, `S`, `I`, `N` are the outputs,
 * scalars, inputs and state of its program.
 */
export interface Compiled<
  O extends Tensors = Tensors,
  S extends Tensors = None,
  I extends Inputs = readonly Tensor[],
  N extends Tensors = Tensors,
> extends Omit<Executable, 'write' | 'run' | 'read'> {
  readonly write: (values: Partial<FeedsOf<I, N>>) => Promise<void>
  readonly run: (feeds: FeedsOf<I, N>) => Promise<Results<O, S>>
  readonly read: <Name extends string>(names: readonly Name[]) => Promise<Readonly<Record<Name, Values>>>
}

const isNumbers = (feed: Feed): feed is Numbers => feed instanceof Float32Array || feed instanceof Float64Array
const isIntegers = (feed: Feed): feed is Integers => ArrayBuffer.isView(feed)

const numbersOf = (name: string, feed: Feed, slot: Pick<Slot, 'shape'> | undefined): Numbers => {
  if (isNumbers(feed)) return feed
  if (isIntegers(feed)) return Float64Array.from(feed)
  const block = blockOf(feed)
  if (E.isLeft(block)) throw new FeedError(`Input "${name}": ${block.left}.`)
  const { data, shape } = block.right
  // a name that the plan does not know is the executable's to refuse
  if (slot !== undefined && !sameShape(shape, slot.shape))
    throw new FeedError(`Input "${name}" has shape ${text(slot.shape)}, but ${text(shape)} was given.`)
  return data
}

/** The shape is not enumerable: a block compares, prints and copies as its numbers. */
const shaped = (numbers: Numbers, shape: Shape): Values => {
  const block = Object.defineProperty(numbers, 'shape', { value: shape })
  if (!hasShape(block)) throw new TypeError('the numbers of an output take no shape')
  return block
}
const hasShape = (numbers: Numbers): numbers is Values => 'shape' in numbers

const numberOf = (name: string, numbers: Numbers): number => {
  const [value] = numbers
  if (value === undefined) throw new TypeError(`the backend gave no number for "${name}"`)
  return value
}

/** Compiled under the names that the plan has; `scalars` are those of its outputs that become numbers. */
export function withShapes<O extends Tensors, S extends Tensors, I extends Inputs, N extends Tensors>(
  plan: Plan,
  executable: Executable,
  program: Program<O, S, I, N>,
): Compiled<O, S, I, N>
export function withShapes(plan: Plan, executable: Executable, { scalars = {} }: Program) {
  const given = new Map([...plan.ignored, ...plan.inputs].map((p) => [p.name, p]))
  const made = new Map(plan.outputs.map((p) => [p.name, p]))
  const plain = (feeds: Feeds): Named =>
    Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, numbersOf(name, feed, given.get(name))]))
  const block = (name: string, numbers: Numbers, slots: ReadonlyMap<string, Pick<Slot, 'shape'>>): Values => {
    const slot = slots.get(name)
    if (slot === undefined) throw new TypeError(`the backend gave "${name}", which the plan does not have`)
    return shaped(numbers, slot.shape)
  }
  const result = (name: string, numbers: Numbers): Values | number =>
    Object.hasOwn(scalars, name) ? numberOf(name, numbers) : block(name, numbers, made)
  const each = <A>(named: Named, f: (name: string, numbers: Numbers) => A): Readonly<Record<string, A>> =>
    Object.fromEntries(Object.entries(named).map(([name, numbers]) => [name, f(name, numbers)]))
  return {
    write: async (values: Feeds) => executable.write(plain(values)),
    run: async (feeds: Feeds) => each(await executable.run(plain(feeds)), result),
    read: async (names: readonly string[]) =>
      each(await executable.read(names), (name, numbers) => block(name, numbers, given)),
    profile: executable.profile,
    description: executable.description,
    get bytes() {
      return executable.bytes
    },
    dispose: executable.dispose,
  }
}

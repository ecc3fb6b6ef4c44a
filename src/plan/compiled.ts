/**
 * A compiled program as a user holds it: an executable whose feeds may be nested lists and plain numbers, and whose outputs
 * know their shapes. Backends know neither.
 */
import * as E from 'fp-ts/lib/Either.js'
import { blockOf, type Nested } from '../tensor/nested.ts'
import { type Shape, sameShape, text } from '../tensor/shape.ts'
import type { Executable, Named, Numbers } from './backend.ts'
import { FeedError } from './errors.ts'
import type { Plan, Slot } from './plan.ts'

/** Row-major numbers; nested lists of the input's shape; a number for an input of shape []. */
export type Feed = Numbers | Nested
export type Feeds = Readonly<Record<string, Feed>>

/** Row-major numbers that know their shape. */
export type Values = Numbers & { readonly shape: Shape }
export type Outputs = Readonly<Record<string, Values>>

export interface Compiled extends Executable {
  readonly write: (values: Feeds) => Promise<void>
  readonly run: (feeds: Feeds) => Promise<Outputs>
  readonly read: (names: readonly string[]) => Promise<Outputs>
}

const isNumbers = (feed: Feed): feed is Numbers => feed instanceof Float32Array || feed instanceof Float64Array

const numbersOf = (name: string, feed: Feed, slot: Pick<Slot, 'shape'> | undefined): Numbers => {
  if (isNumbers(feed)) return feed
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

export const withShapes = (plan: Plan, executable: Executable): Compiled => {
  const given = new Map([...plan.ignored, ...plan.inputs].map((p) => [p.name, p]))
  const made = new Map(plan.outputs.map((p) => [p.name, p]))
  const plain = (feeds: Feeds): Named =>
    Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, numbersOf(name, feed, given.get(name))]))
  const blocks = (named: Named, slots: ReadonlyMap<string, Pick<Slot, 'shape'>>): Outputs =>
    Object.fromEntries(
      Object.entries(named).map(([name, numbers]) => {
        const slot = slots.get(name)
        if (slot === undefined) throw new TypeError(`the backend gave "${name}", which the plan does not have`)
        return [name, shaped(numbers, slot.shape)]
      }),
    )
  return {
    write: async (values) => executable.write(plain(values)),
    run: async (feeds) => blocks(await executable.run(plain(feeds)), made),
    read: async (names) => blocks(await executable.read(names), given),
    profile: executable.profile,
    description: executable.description,
    get bytes() {
      return executable.bytes
    },
    dispose: executable.dispose,
  }
}

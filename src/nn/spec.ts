/**
 * A spec describes the parameters of a model: a tree of records and lists with `Parameter`s at its leaves (and null
 * where an optional part is absent). One spec, many interpreters: init, arbitrary, count, unflatten, flatten, encode,
 * decode. The path of a leaf is its name in files: `down.0.blocks.1.block.attn.qkv.weight`.
 *
 * In the engine all parameters of a model are ONE flat tensor theta [P], so that the optimiser, EMA, norms and
 * checkpoints are one pass each. Leaves start at multiples of 16; P is a multiple of 1024; the padding between is zero,
 * and so are its gradients.
 *
 * Laws: decode(encode theta) = theta; flatten(unflatten theta) = theta; init of a leaf depends on its name and the key
 * only, so that adding a layer elsewhere does not change it.
 */
import * as E from 'fp-ts/lib/Either.js'
import { fold, type Key } from '../random/key.ts'
import { full, input, place, reshape, ShapeError, slice, type Tensor } from '../tensor/ops.ts'
import { sameShape, size, text } from '../tensor/shape.ts'
import { leaves } from '../tensor/tree.ts'
import { draw, drawArbitrary, filePositions, type Parameter } from './parameter.ts'

/** A tree of parameters: lists and records to any depth; null is a part that is not there. */
export type Spec = Parameter | null | readonly Spec[] | { readonly [name: string]: Spec }

/** The tree of tensors that a spec describes. */
export type Params<S> = S extends null
  ? null
  : S extends Parameter
    ? Tensor
    : S extends readonly (infer Element)[]
      ? readonly Params<Element>[]
      : { readonly [Name in keyof S]: Params<S[Name]> }

/** The tree of numbers that a spec describes, in the engine's layouts. */
export type Numbered<S> = S extends null
  ? null
  : S extends Parameter
    ? { readonly shape: readonly number[]; readonly values: Float64Array }
    : S extends readonly (infer Element)[]
      ? readonly Numbered<Element>[]
      : { readonly [Name in keyof S]: Numbered<S[Name]> }

/** The range of a leaf in theta: elements start to start + size. */
export interface Leaf {
  readonly name: string
  readonly start: number
  readonly size: number
  readonly parameter: Parameter
}

const isParameter = (x: Spec): x is Parameter => x !== null && 'kind' in x && x.kind === 'parameter'
const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
const up = (n: number, to: number): number => Math.ceil(n / to) * to

/** Elements of a parameter with the zeros after it: the next one may start there. */
export const aligned = (size: number): number => up(size, 16)

/**
 * The fields of a spec in their order. JavaScript puts names that are whole numbers before all others, and so a list's
 * parameters by name (`byName`: "0.weight", "1") out of order: names that begin with a number stand by that number.
 */
const fieldsOf = (spec: Exclude<Spec, Parameter | null>): readonly (readonly [name: string, Spec])[] => {
  const fields = Object.entries<Spec>(spec)
  const whole = (name: string): number => Number(/^(\d+)(\.|$)/.exec(name)?.[1] ?? Number.POSITIVE_INFINITY)
  const inOrder = fields.every(([name]) => !/^\d+$/.test(name)) || Array.isArray(spec)
  return inOrder ? fields : fields.toSorted(([a], [b]) => (whole(a) === whole(b) ? 0 : whole(a) - whole(b)))
}

const parametersOf = (spec: Spec, path = ''): readonly (readonly [name: string, Parameter])[] =>
  spec === null
    ? []
    : isParameter(spec)
      ? [[path, spec]]
      : fieldsOf(spec).flatMap(([name, sub]) => parametersOf(sub, join(path, name)))

/**
 * All leaves, in the order of the tree, with their ranges in theta; the leaf of a spec that is one parameter is named ''.
 * RangeError where two leaves have one name, as those of { 'a.b': _, a: { b: _ } } do.
 */
export const leavesOf = (spec: Spec): readonly Leaf[] => {
  let end = 0
  const named = new Set<string>()
  return parametersOf(spec).map(([name, parameter]) => {
    if (named.has(name)) throw new RangeError(`this spec has two parameters named "${name}", expected a name for each`)
    named.add(name)
    const start = aligned(end)
    end = start + size(parameter.shape)
    return { name, start, size: end - start, parameter }
  })
}

/** The number of trainable parameters. */
export const count = (spec: Spec): number => leavesOf(spec).reduce((n, p) => n + p.size, 0)

/** P: the length of theta, a multiple of 1024 and at least that. */
export const flatSize = (spec: Spec): number => {
  const last = leavesOf(spec).at(-1)
  return last === undefined ? 1024 : up(last.start + last.size, 1024)
}

/** The same tree with every leaf replaced; null stays. */
const walk = (spec: Spec, f: (p: Leaf) => unknown): unknown => {
  const byName = new Map(leavesOf(spec).map((p) => [p.name, p]))
  const at = (sub: Spec, path: string): unknown => {
    if (sub === null) return null
    if (isParameter(sub)) {
      const leaf = byName.get(path)
      if (leaf === undefined) throw new RangeError(`this spec has no parameter named "${path}"`)
      return f(leaf)
    }
    if (Array.isArray(sub)) return sub.map((s: Spec, i) => at(s, join(path, `${i}`)))
    return Object.fromEntries(Object.entries(sub).map(([name, s]) => [name, at(s, join(path, name))]))
  }
  return at(spec, '')
}

// ------------------------------------------------------------------------------------------------------ tensors
/** The same parameters, at the same offsets, in one record by file name: the common form of all specs. */
export type ByName = { readonly [name: string]: Parameter }
/** A spec as one record by file name. */
export const byName = (spec: Spec): ByName => Object.fromEntries(parametersOf(spec))

/** Tensors by file name -> the tree of parameters. */
export function fromNames<S extends Spec>(spec: S): (named: Params<ByName>) => Params<S>
export function fromNames(spec: Spec): (named: Params<ByName>) => unknown {
  return (named) =>
    walk(spec, (p) => {
      const tensor = named[p.name]
      if (tensor === undefined) throw new ShapeError('fromNames', [], `there is no tensor ${p.name}`)
      return tensor
    })
}

/** theta [P] -> the tree of parameters, as views of theta. */
export function unflatten<S extends Spec>(spec: S): (theta: Tensor) => Params<S>
export function unflatten(spec: Spec): (theta: Tensor) => unknown {
  const total = flatSize(spec)
  return (theta) => {
    if (!sameShape(theta.shape, [total]))
      throw new ShapeError('unflatten', [theta], `these parameters lie in one tensor [${total}]`)
    return walk(spec, (p) => reshape(p.parameter.shape)(slice({ start: [p.start], step: [1], size: [p.size] })(theta)))
  }
}

/**
 * An input for every parameter, under its file name and in the engine's layout: a program over them is given its parameters one
 * after another, so that nobody ever holds all of them as one block. Law: what is computed of them is what is computed of theta.
 */
export function parameterInputs<S extends Spec>(spec: S): Params<S>
export function parameterInputs(spec: Spec): unknown {
  return walk(spec, (p) => input(p.name, p.parameter.shape))
}

/** A tree of tensors of the spec's structure (gradients, say) -> one tensor [P]; zeros for a spec without parameters. */
export const flatten = <S extends Spec>(spec: S): ((tree: Params<S>) => Tensor) => {
  const all = leavesOf(spec)
  const total = flatSize(spec)
  return (tree) => {
    const byName = new Map(leaves(tree))
    const parts = all.map((p) => {
      const leaf = byName.get(p.name)
      if (leaf === undefined) throw new ShapeError('flatten', [], `the tree has no tensor at ${p.name}`)
      if (!sameShape(leaf.shape, p.parameter.shape))
        throw new ShapeError('flatten', [leaf], `expected ${text(p.parameter.shape)} at ${p.name}`)
      return reshape([p.size])(leaf)
    })
    if (parts.length === 0) return full(0, [total])
    return place(
      [total],
      all.map((p) => ({ start: [p.start], step: [1] })),
      parts,
    )
  }
}

// ------------------------------------------------------------------------------------------------------ numbers
const filled = (spec: Spec, values: (p: Leaf) => Float64Array): Float64Array<ArrayBuffer> => {
  const theta = new Float64Array(flatSize(spec))
  for (const p of leavesOf(spec)) theta.set(values(p), p.start)
  return theta
}
/** Every name has its own key. */
const keyOf = (key: Key, name: string): Key =>
  Array.from(name, (c) => c.codePointAt(0)).reduce<Key>((k, c) => (c === undefined ? k : fold(k, c)), key)

/** The initial values of one parameter, in the engine's layout. */
export const initialOf =
  (key: Key) =>
  ({ name, parameter }: Leaf): Float64Array =>
    draw(parameter, keyOf(key, name))

/** The initial values for training, [P]: of every parameter `initialOf`. */
export const init =
  (spec: Spec) =>
  (key: Key): Float64Array<ArrayBuffer> =>
    filled(spec, initialOf(key))

/** Random values for tests, [P]: no parameter is zero. */
export const arbitrary =
  (spec: Spec) =>
  (key: Key): Float64Array<ArrayBuffer> =>
    filled(spec, (p) => drawArbitrary(p.parameter, keyOf(key, p.name)))

/** theta's values as a tree, for inspection and for checking gradients parameter by parameter. */
export function numbered<S extends Spec>(spec: S): (theta: Float32Array | Float64Array) => Numbered<S>
export function numbered(spec: Spec): (theta: Float32Array | Float64Array) => unknown {
  return (theta) =>
    walk(spec, (p) => ({
      shape: p.parameter.shape,
      values: Float64Array.from(theta.subarray(p.start, p.start + p.size)),
    }))
}

/** One tensor in a file, row-major in the file's layout; `dtype` and other fields are allowed. */
export interface Entry {
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array
}

const empty = (like: Float32Array | Float64Array, n: number): Float32Array | Float64Array =>
  like instanceof Float32Array ? new Float32Array(n) : new Float64Array(n)

/** theta [P] -> tensors by file name, in the file's layouts and theta's precision. */
export const encode =
  (spec: Spec) =>
  (theta: Float32Array | Float64Array): Readonly<Record<string, Entry>> =>
    Object.fromEntries(
      leavesOf(spec).map((p) => {
        const values = empty(theta, p.size)
        filePositions(p.parameter).forEach((at, i) => {
          values[at] = theta[p.start + i] ?? Number.NaN
        })
        return [p.name, { shape: p.parameter.file.shape, values }]
      }),
    )

/** Which tensors of a file a spec does not take as they are. */
const mismatch = (all: readonly Leaf[], entries: Readonly<Record<string, Pick<Entry, 'shape'>>>): string | null => {
  const names = new Set(all.map((p) => p.name))
  const unknown = Object.keys(entries).find((name) => !names.has(name))
  const missing = all.find((p) => !Object.hasOwn(entries, p.name))
  if (missing !== undefined)
    return `tensor "${missing.name}" ${text(missing.parameter.file.shape)} is missing${unknown === undefined ? '' : `, and "${unknown}" is not a parameter of this model`}`
  if (unknown !== undefined) return `tensor "${unknown}" is not a parameter of this model`
  for (const { name, parameter } of all) {
    const entry = entries[name]
    if (entry !== undefined && !sameShape(entry.shape, parameter.file.shape))
      return `tensor "${name}" has shape ${text(entry.shape)}, but this model has ${text(parameter.file.shape)}`
  }
  return null
}

/** The same tensors if they are those of a spec; the error names the first that is missing, unknown or of another shape. */
export const matching =
  (spec: Spec) =>
  <A extends Pick<Entry, 'shape'>>(
    entries: Readonly<Record<string, A>>,
  ): E.Either<string, Readonly<Record<string, A>>> => {
    const wrong = mismatch(leavesOf(spec), entries)
    return wrong === null ? E.right(entries) : E.left(wrong)
  }

/** The values at some places, NaN where there is none. */
const gathered = (values: Entry['values'] | undefined, places: Int32Array): Float64Array => {
  const out = new Float64Array(places.length).fill(Number.NaN)
  if (values === undefined) return out
  // a loop: `Float64Array.from` with a function takes several times as long, seconds for tens of millions of parameters
  for (let i = 0; i < out.length; i++) out[i] = values[places[i] ?? -1] ?? Number.NaN
  return out
}

/** Tensors by file name -> theta [P]; the error names the tensor that is missing, unknown or of another shape. */
export const decode =
  (spec: Spec) =>
  (entries: Readonly<Record<string, Entry>>): E.Either<string, Float64Array<ArrayBuffer>> => {
    const wrong = mismatch(leavesOf(spec), entries)
    return wrong === null
      ? E.right(filled(spec, (p) => gathered(entries[p.name]?.values, filePositions(p.parameter))))
      : E.left(wrong)
  }

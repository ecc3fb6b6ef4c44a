/**
 * Where a function of tensors is checked: a tree of shapes, or of shapes with values, and the corresponding tensors.
 */
import { fold, type Key, uniform } from '../random/key.ts'
import { input, type Tensor } from '../tensor/ops.ts'
import { type Shape, size } from '../tensor/shape.ts'

/** A point in the function's domain: values in row-major order. */
export interface Point {
  readonly shape: Shape
  readonly values: readonly number[] | Float32Array | Float64Array
}
/** A shape stands for random values of that shape; null is passed on. */
export type Points = Shape | Point | null | readonly Points[] | { readonly [name: string]: Points }

/** The function's argument: a tensor for every shape or point. */
export type Tensors<P> = P extends null
  ? null
  : P extends Shape | Point
    ? Tensor
    : P extends readonly (infer Element)[]
      ? readonly Tensors<Element>[]
      : { readonly [Name in keyof P]: Tensors<P[Name]> }

export interface Leaf {
  /** The name of its input. */
  readonly feed: string
  /** Its path in the tree: `x` if the tree is one leaf, `x.0`, `x.1` if it is a list. */
  readonly name: string
  readonly tensor: Tensor
  readonly values: Float64Array
  /** Whether its values were drawn, not given. */
  readonly drawn: boolean
}

/** An input with values that are drawn. */
export const leaf = (feed: string, name: string, shape: Shape, values: Float64Array): Leaf => ({
  feed,
  name,
  tensor: input(feed, shape),
  values,
  drawn: true,
})

const isShape = (p: Points): p is Shape => Array.isArray(p) && p.every((n) => typeof n === 'number')
const isNumbers = (u: unknown): boolean =>
  ArrayBuffer.isView(u) || (Array.isArray(u) && u.every((n) => typeof n === 'number'))
const isPoint = (p: Points): p is Point =>
  p !== null && 'shape' in p && 'values' in p && isNumbers(p.shape) && isNumbers(p.values)

/** Uniform numbers in an interval. */
export const within =
  ([low, high]: readonly [low: number, high: number]) =>
  (key: Key, n: number): Float64Array =>
    uniform(key, n).map((u) => low + (high - low) * u)

/** How the inputs of a tree are made. */
export interface Making {
  /** The input's name, from its path. */
  readonly feed: (name: string) => string
  readonly mark: (input: Tensor) => Tensor
}

/** No user's name can equal an input that the checker adds. */
const checked: Making = { feed: (name) => `point ${name}`, mark: (x) => x }

/** The tensors of a tree of points, and its leaves with their values; `draw` fills bare shapes. */
export function place<P extends Points>(
  points: P,
  draw: (key: Key, n: number) => Float64Array,
  key: Key,
  making?: Making,
): { readonly tensors: Tensors<P>; readonly leaves: readonly Leaf[] }
export function place(
  points: Points,
  draw: (key: Key, n: number) => Float64Array,
  key: Key,
  { feed, mark }: Making = checked,
): { readonly tensors: unknown; readonly leaves: readonly Leaf[] } {
  const leaves: Leaf[] = []
  const put = (
    path: string,
    { shape, values }: Pick<Point, 'shape'> & Pick<Leaf, 'values'>,
    drawn: boolean,
  ): Tensor => {
    const name = path === '' ? 'x' : path
    if (values.length !== size(shape))
      throw new RangeError(`${name}: ${values.length} numbers do not fill [${shape.join(', ')}]`)
    const plain = leaf(feed(name), name, shape, values)
    const added = { ...plain, tensor: mark(plain.tensor), drawn }
    leaves.push(added)
    return added.tensor
  }
  const walk = (p: Points, path: string): unknown => {
    if (p === null) return null
    if (isShape(p)) return put(path, { shape: p, values: draw(fold(key, leaves.length), size(p)) }, true)
    if (isPoint(p)) return put(path, { shape: p.shape, values: Float64Array.from(p.values) }, false)
    const at = (name: string | number): string => (path === '' ? `${name}` : `${path}.${name}`)
    if (Array.isArray(p)) return p.map((sub: Points, i) => walk(sub, at(i)))
    return Object.fromEntries(Object.entries(p).map(([name, sub]) => [name, walk(sub, at(name))]))
  }
  return { tensors: walk(points, Array.isArray(points) ? 'x' : ''), leaves }
}

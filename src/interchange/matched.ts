/** The tensors of a file beside those of a layout: which is which, or the first that is missing, too much or of another shape. */
import * as E from 'fp-ts/lib/Either.js'
import { nearest } from '../codec/nearest.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { type Shape, sameShape, text } from '../tensor/shape.ts'
import type { FileTensor, Layout, Shapes, Weights } from './layout.ts'

/** A tensor of a layout, and the name that a file has for it. */
export interface Matched {
  readonly tensor: FileTensor
  readonly inFile: string
}

const namesOf = ({ name, aliases = [] }: FileTensor): readonly string[] => [name, ...aliases]

/** How many of the tensors are there under a prefix. */
const there = (shapes: Shapes, tensors: readonly FileTensor[], prefix: string): number =>
  tensors.filter((one) => namesOf(one).some((name) => shapes.has(`${prefix}${name}`))).length

/** The prefix under which most tensors are there; the first of those that are as good. */
export const prefixIn = (
  shapes: Shapes,
  tensors: readonly FileTensor[],
  prefixes: readonly [string, ...(readonly string[])],
): string =>
  prefixes.reduce((best, prefix) => (there(shapes, tensors, prefix) > there(shapes, tensors, best) ? prefix : best))

const quoted = (name: string): string => JSON.stringify(name)

/** What is said of a tensor that is not there; `others` are the names that nobody asked for. */
const missing = (name: string, shape: Shape, others: readonly string[]): string => {
  const near = nearest(name, others)
  const instead = near === null ? '' : `; the file has ${quoted(near)}, which is not a tensor of this model`
  return `tensor ${quoted(name)} ${text(shape)} is missing${instead}`
}

const fits = ({ shape, shapes = [] }: FileTensor, found: Shape): boolean =>
  [shape, ...shapes].some((one) => sameShape(one, found))

/** Why these weights are not in a file that has others; null if that is not what is wrong. */
const otherWeights = (
  layout: Layout,
  tensors: readonly FileTensor[],
  shapes: Shapes,
  weights: Weights,
): string | null => {
  const other = weights === 'average' ? 'theta' : 'average'
  const [mine, theirs] = [layout.prefixes(weights), layout.prefixes(other)]
  const some = (prefixes: readonly string[]): boolean => prefixes.some((prefix) => there(shapes, tensors, prefix) > 0)
  return some(mine) || !some(theirs)
    ? null
    : `it has no ${weights === 'average' ? 'averaged parameters' : 'parameters beside their average'} (${mine[0]}*), only ${theirs[0]}*: ask for the weights "${other}"`
}

/** The tensors of a model in a file of a layout. */
export const matched = (
  layout: Layout,
  model: ConfiguredModel,
  shapes: Shapes,
  weights: Weights,
): E.Either<string, readonly Matched[]> => {
  const tensors = layout.tensors(model)
  if (tensors === null) return E.left(`no file of ${layout.about} is of the model "${model.config.model}"`)
  const why = otherWeights(layout, tensors, shapes, weights)
  if (why !== null) return E.left(why)
  const prefix = prefixIn(shapes, tensors, layout.prefixes(weights))
  const found = tensors.map((tensor) => ({
    tensor,
    inFile: namesOf(tensor)
      .map((name) => `${prefix}${name}`)
      .find((name) => shapes.has(name)),
  }))
  const taken = new Set(found.map(({ inFile }) => inFile))
  const extra = [...shapes.keys()].filter(
    (name) => name.startsWith(prefix) && !taken.has(name) && layout.ignores?.(name) !== true,
  )
  const out: Matched[] = []
  for (const { tensor, inFile } of found) {
    const shape = inFile === undefined ? undefined : shapes.get(inFile)
    if (inFile === undefined || shape === undefined) {
      if (tensor.holds.kind === 'parameter') return E.left(missing(`${prefix}${tensor.name}`, tensor.shape, extra))
    } else if (!fits(tensor, shape))
      return E.left(`tensor ${quoted(inFile)} has shape ${text(shape)}, but this model has ${text(tensor.shape)}`)
    else out.push({ tensor, inFile })
  }
  const [first] = extra
  return first === undefined ? E.right(out) : E.left(`tensor ${quoted(first)} is not of this model`)
}

/** Files written by the PyTorch reference: their configuration, parameters and tensors, in the engine's layouts. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { SafeTensors, Stored } from '../../io/safetensors.ts'
import type { ConfiguredModel } from '../../models/model.ts'
import { decodeModel, type Models, models } from '../../models/models.ts'
import { decode } from '../../nn/spec.ts'
import type { Numbers } from '../../plan/backend.ts'
import { Failure } from '../errors.ts'

export interface Reference {
  readonly model: ConfiguredModel
  readonly theta: Float64Array
  /** A tensor by name; fails if the file lacks it. */
  readonly tensor: (name: string) => Stored
  readonly names: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
}

const json = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    () => JSON.parse(text),
    () => `its configuration is not JSON: ${text}`,
  )

export const reference = ({ tensors, metadata }: SafeTensors, table: Models = models): E.Either<string, Reference> =>
  pipe(
    metadata.config,
    E.fromNullable(
      'it has no "config" in its metadata: expected a file of `diffit_torch.py export` or `trajectory`, or of `kl_torch.py export`',
    ),
    E.chain(json),
    E.chain((raw) => decodeModel(raw, table)),
    E.chain((model) =>
      pipe(
        Object.fromEntries(
          [...tensors].flatMap(([name, t]) => (name.startsWith('param.') ? [[name.slice('param.'.length), t]] : [])),
        ),
        ofFloats,
        decode(model.spec),
        E.map((theta) => ({
          model,
          theta,
          metadata,
          names: [...tensors.keys()],
          tensor: (name: string): Stored => {
            const found = tensors.get(name)
            if (found === undefined) throw new Failure(`the file has no tensor "${name}"`)
            return found
          },
        })),
      ),
    ),
  )

type Entries = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values: Float64Array<ArrayBuffer> }>
>
const ofFloats = (stored: Readonly<Record<string, Stored>>): Entries =>
  Object.fromEntries(
    Object.entries(stored).map(([name, { shape, values }]) => [name, { shape, values: Float64Array.from(values) }]),
  )

/** The sizes of images as a file has them. */
export const imageSizes = ({ shape }: Pick<Stored, 'shape'>): readonly [b: number, c: number, h: number, w: number] => {
  const [b, c, h, w, ...others] = shape
  if (b === undefined || c === undefined || h === undefined || w === undefined || others.length > 0)
    throw new Failure(`images in the file have shape [${shape.join(', ')}], expected [b, c, h, w]`)
  return [b, c, h, w]
}

/** Images of a file, [b, c, h, w], converted to channels-last [b, h, w, c]. */
export const channelsLast = ({ shape, values }: Pick<Stored, 'shape' | 'values'>): Float64Array => {
  const [b, c, h, w] = imageSizes({ shape })
  const out = new Float64Array(values.length)
  for (let i = 0; i < b; i++)
    for (let k = 0; k < c; k++)
      for (let p = 0; p < h * w; p++) out[(i * h * w + p) * c + k] = values[(i * c + k) * h * w + p] ?? Number.NaN
  return out
}

/** Labels of a file; the null label as null. */
export const labelsOf = (file: Reference, name: string, images: number): readonly (number | null)[] =>
  file.model.shape.classes === null
    ? Array.from({ length: images }, () => null)
    : Array.from(file.tensor(name).values, (y) => (y === file.model.shape.classes ? null : y))

/** max |x|; NaN if any is NaN. */
export const largest = (xs: Numbers): number => {
  let m = 0
  for (const x of xs) m = Math.max(m, Math.abs(x))
  return m
}

/** max |a - b| / max(max |b|, least); NaN if any is NaN or the lengths differ. */
export const relativeError = (a: Numbers, b: Numbers, least = 0): number => {
  if (a.length !== b.length) return Number.NaN
  const difference = Float64Array.from(a, (x, i) => x - (b[i] ?? Number.NaN))
  return largest(difference) / Math.max(largest(b), least)
}

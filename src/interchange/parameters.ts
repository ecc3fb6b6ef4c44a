/** Files of parameters: loaded into theta [P], saved from it, and converted from one into another without it. */
import { open } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { intactTensors } from '../io/contentHash.ts'
import type { Opener } from '../io/opener.ts'
import { saveTensors, type TensorFile, withTensors } from '../io/tensorFile.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { scatterFile } from '../nn/fileRuns.ts'
import { flatSize, leavesOf } from '../nn/spec.ts'
import type { Numbers } from '../plan/backend.ts'
import { cardOf, type Metadata } from './card.ts'
import type { Layout, Weights } from './layout.ts'
import { parametersLayout } from './layouts.ts'
import { type ReadOptions, type Source, sourceOf } from './source.ts'
import { fromTheta, type ParameterDtype, written } from './written.ts'

/** Parameters with the model that they are of, and what their file says. */
export interface Parameters {
  readonly model: ConfiguredModel
  /** [P], in the layout of the model's `spec`. */
  readonly theta: Float32Array<ArrayBuffer>
  readonly metadata: Metadata
  /** The layout of the file. */
  readonly layout: string
}

/** theta of a source; beside it there is one slice of the file at a time. @param onSlice told how many values were read */
export const thetaOf = async (
  { model, slices }: Pick<Source, 'model' | 'slices'>,
  onSlice: (values: number) => void = () => undefined,
): Promise<Float32Array<ArrayBuffer>> => {
  const theta = new Float32Array(flatSize(model.spec))
  for (const leaf of leavesOf(model.spec)) {
    const scatter = scatterFile(theta, leaf)
    for await (const { from, values } of slices(leaf.name)) {
      scatter(from, values)
      onSlice(values.length)
    }
  }
  return theta
}

/** The parameters of an open file, unless its content is not that of the hash which it says. */
export const readParameters = async (
  file: TensorFile,
  options: ReadOptions = {},
): Promise<E.Either<string, Parameters>> => {
  const whole = file.metadata.sha256 === undefined ? E.right(file) : await intactTensors(true)(file)
  if (E.isLeft(whole)) return whole
  const source = await sourceOf(file, options)
  if (E.isLeft(source)) return source
  const { model, metadata, layout } = source.right
  return E.right({ model, theta: await thetaOf(source.right), metadata, layout: layout.name })
}

/**
 * The parameters of a safetensors file of any layout that is known: of the reference, a run's checkpoint, published DiffiT, DiT,
 * diffusers, latent diffusion. F16, BF16, F32 and F64 are read exactly into float32 (F64 is rounded); the memory beside the result
 * is one slice of the file. The error is one sentence that names the path and the tensor that is missing, too much or of
 * another shape.
 */
export const loadParameters = (
  path: string,
  options: ReadOptions = {},
  from: Opener = open,
): TE.TaskEither<string, Parameters> => withTensors(path, (file) => readParameters(file, options), from)

/** How parameters are saved. */
export interface SaveOptions {
  /** A layout of the table; our own names unless given. */
  readonly layout?: Layout
  /** F32 unless given; F16 and BF16 round to the nearest. */
  readonly dtype?: ParameterDtype
  /** Which parameters theta is, for the card: the average unless given. */
  readonly weights?: Weights
  /** What is known of the training; the configuration is added. */
  readonly metadata?: Metadata
}

/** Saves the parameters of a model with their card, atomically and slice by slice. */
export const saveParameters = (
  path: string,
  { model, theta }: { readonly model: ConfiguredModel; readonly theta: Numbers },
  { layout = parametersLayout, dtype = 'F32', weights = 'average', metadata = {} }: SaveOptions = {},
): TE.TaskEither<string, void> =>
  pipe(
    layout.tensors(model),
    TE.fromNullable(`cannot write ${path}: no file of ${layout.about} is of the model "${model.config.model}"`),
    TE.chain((tensors) =>
      saveTensors(path, {
        tensors: written(tensors, fromTheta(model, theta, dtype), layout.prefixes(weights)[0]),
        metadata: cardOf(model, layout, weights, metadata),
      }),
    ),
  )

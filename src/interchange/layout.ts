/**
 * A layout: how files of a kind name the tensors of a model. Every layout that is known has the elements of a parameter in one
 * order, that of `Parameter.file` (PyTorch's), so that files are converted tensor by tensor, slice by slice. layouts.ts is the
 * table.
 */
import type * as E from 'fp-ts/lib/Either.js'
import type { ConfiguredModel } from '../models/model.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Shapes, Untold } from './told.ts'

export type { Shapes } from './told.ts'

/** What a tensor of a file holds: a parameter of the model, by our name, or numbers that its configuration fixes. */
export type Holds =
  | { readonly kind: 'parameter'; readonly name: string }
  | {
      readonly kind: 'constant'
      /** Whole numbers, which every file has as I64; others have the file's type. */
      readonly whole: boolean
      readonly values: () => Float64Array
    }

/** A tensor of a layout. */
export interface FileTensor {
  readonly name: string
  readonly shape: Shape
  readonly holds: Holds
  /** Other names of the same tensor, in older files; and other shapes of the same elements. Only reading accepts them. */
  readonly aliases?: readonly string[]
  readonly shapes?: readonly Shape[]
}

/** Which of a training's parameters: its average (EMA), or the last ones. */
export type Weights = 'average' | 'theta'

/** A layout of files. */
export interface Layout {
  readonly name: string
  /** What has it, for people. */
  readonly about: string
  /** Whether a file with these names is one. */
  readonly recognises: (names: readonly string[]) => boolean
  /** What may stand before all names of these weights; the first is what is written. Names without it are another's. */
  readonly prefixes: (weights: Weights) => readonly [string, ...(readonly string[])]
  /** Names that are let be, besides those that lack the prefix. */
  readonly ignores?: (name: string) => boolean
  /** The tensors of a model, in the order in which they are written; null for a model that has no such files. */
  readonly tensors: (model: ConfiguredModel) => readonly FileTensor[] | null
  /**
   * The configuration that a file's shapes tell, under names without prefix, or the tensor that is missing for it; null where there
   * is none of those that tell it.
   */
  readonly configuration?: (shapes: Shapes) => E.Either<Untold, unknown> | null
}

/** The parameters of a model by our names, in the layouts of PyTorch. */
export const ownTensors = ({ spec }: Pick<ConfiguredModel, 'spec'>): readonly FileTensor[] =>
  Object.entries(spec).map(([name, { file }]) => ({ name, shape: file.shape, holds: { kind: 'parameter', name } }))

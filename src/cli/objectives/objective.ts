/**
 * What a run trains, as one value: for a configured model and its settings the task, the batches of the stream, the numbers of
 * a validation and the picture that is drawn at intervals. Everything else of a run (checkpoints, resuming, cadence, stopping)
 * is the same for every objective; objectives.ts is the table.
 */
import type * as E from 'fp-ts/lib/Either.js'
import type { Dataset } from '../../data/dataset.ts'
import type { ConfiguredModelOf, ObjectiveName } from '../../models/model.ts'
import type { ByName } from '../../nn/spec.ts'
import type { Executable } from '../../plan/backend.ts'
import type { Feeds } from '../../plan/compiled.ts'
import type { Program } from '../../plan/program.ts'
import { type BatchSpec, type RecordedStep, type Task, trainingStep } from '../../train/step.ts'
import type { ImageSpace } from '../latents/imageSpace.ts'
import type { GridSize } from '../session/cadence.ts'
import type { Settings } from '../settings/options.ts'

/** The numbers of a validation: the loss, what training minimises, and others by name. */
export interface Validation {
  readonly loss: number
  readonly measures: Readonly<Record<string, number>>
}

/** What is reported of a network during its run; its parameters are written to the executable before each call. */
export interface Report {
  /** The number of held-out images of a validation. */
  readonly images: number
  /** @param stopCheck called between batches; throws if the work should stop */
  readonly validate: (stopCheck: () => void) => Promise<Validation>
  /** The largest picture. */
  readonly picture: GridSize
  /** The estimated seconds of a picture, given those of a validation. */
  readonly pictureSeconds: (size: GridSize, validationSeconds: number) => number
  /** Draws a picture into a file; a Left if it cannot be written. */
  readonly draw: (size: GridSize, path: string, stopCheck: () => void) => Promise<E.Either<string, void>>
}

/** What a report is made of: the compiled network and its batch size, the data, and the number of images of a validation. */
export interface Reporting {
  readonly executable: Executable
  readonly batch: number
  readonly dataset: Dataset
  /** What the model's images are to pictures. */
  readonly space: ImageSpace
  readonly count: number
}

/** What is trained: the task without its loss, which is in the program. */
export interface Training {
  readonly task: Omit<Task<ByName, BatchSpec>, 'loss'>
  /** The program of a micro-batch. */
  readonly program: () => RecordedStep
}

export interface Objective {
  /** @param microBatch images at a time, a divisor of the batch; the settings' own unless given */
  readonly training: (microBatch?: number) => Training
  /** The micro-batch that begins at an image of the run: all that is random comes from the position's own key. */
  readonly batches: (dataset: Dataset) => (images: number) => Feeds
  /** The largest number of held-out images in a validation. */
  readonly mostValidated: number
  readonly report: (about: Reporting) => Report
}

/** An objective before it has settings. */
export interface ObjectiveOf<K extends ObjectiveName> {
  /** What a model of this objective is called, with its article. */
  readonly trains: string
  /** What is done with a finished run in this folder, in words that follow a semicolon; null if nothing. */
  readonly next: (folder: string) => string | null
  /** The network of a model, for validation and pictures: its parameters are the input `theta`. */
  readonly network: (model: ConfiguredModelOf<K>, batch: number) => Program
  readonly of: (model: ConfiguredModelOf<K>, settings: Settings) => Objective
}

/** A task and its program. */
export const trainingOf = <const B extends BatchSpec>(task: Task<ByName, B>): Training => ({
  task,
  program: () => trainingStep(task),
})

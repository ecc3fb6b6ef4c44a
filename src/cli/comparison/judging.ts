/** The judge that options name; null where they name none. */
import type { Dataset } from '../../data/dataset.ts'
import { fail } from '../errors.ts'
import type { Catalogue, CompareOptions } from '../options.ts'
import type { Environment } from '../train.ts'
import type { Judge } from './judged.ts'

/** What surrounds the judging of a comparison's samples. */
export interface JudgingContext extends Pick<Environment, 'backends'> {
  readonly dataset: Dataset
  readonly known: Catalogue
  readonly say: (line: string) => void
  /** Whether the work should stop, with what is done kept. */
  readonly stopped: () => boolean
  /** Throws if it should. */
  readonly stopCheck: () => void
}

/** Null: nobody judges, and only losses are compared. A judge that stops early ends with `stopCheck`. */
export type Judging = (o: CompareOptions, context: JudgingContext) => Promise<Judge | null>

export const judgeOf: Judging = async ({ network }) =>
  network === undefined ? null : fail(`--network ${network}: this version judges no samples`)

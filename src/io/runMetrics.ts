/**
 * metrics.jsonl: one JSON object a line, a line a step. Appended while a run goes on; cut back to a checkpoint's step
 * when it is taken up again, so that no step stands there twice. A last line that a killed process left torn is cut too.
 */
import { open, readFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { reason, writeAtomic } from './atomic.ts'
import { isMissing, metricsPath } from './run.ts'

/** Where a number is unknown (a validation that was not due, the loss before the first step) it is null. */
const rowCodec = t.type({
  step: t.number,
  images: t.number,
  loss: t.union([t.number, t.null]),
  validation: t.union([t.number, t.null]),
  learningRate: t.union([t.number, t.null]),
  gradientNorm: t.union([t.number, t.null]),
  imagesPerSecond: t.union([t.number, t.null]),
  /** Since the run began, pauses not counted. */
  seconds: t.number,
})
export type MetricsRow = Readonly<t.TypeOf<typeof rowCodec>>

const parse = (line: string): E.Either<string, MetricsRow> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(line),
      () => 'it is not JSON',
    ),
    E.chain((value) =>
      pipe(
        rowCodec.decode(value),
        E.mapLeft(() => 'it is not a row of metrics'),
      ),
    ),
  )

/** All rows; nothing where there is no file. Only the last line may be torn. */
export const readMetrics = (folder: string): TE.TaskEither<string, readonly MetricsRow[]> =>
  pipe(
    TE.tryCatch(
      async () => {
        try {
          return await readFile(metricsPath(folder), 'utf8')
        } catch (error) {
          if (isMissing(error)) return ''
          throw error
        }
      },
      (error) => `cannot read ${metricsPath(folder)}: ${reason(error)}`,
    ),
    TE.chainEitherK((text) => {
      const lines = text.split('\n')
      return pipe(
        lines.slice(0, -1),
        E.traverseArray((line) => parse(line)),
        E.mapLeft((what) => `${metricsPath(folder)}: ${what}`),
      )
    }),
  )

/** Keeps the rows of steps up to `step`; a negative step keeps none. */
export const cutMetrics = (folder: string, step: number): TE.TaskEither<string, readonly MetricsRow[]> =>
  pipe(
    readMetrics(folder),
    TE.map((rows) => rows.filter((row) => row.step <= step)),
    TE.chainFirst((rows) => writeAtomic(metricsPath(folder), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))),
  )

export interface Metrics {
  readonly append: (row: MetricsRow) => TE.TaskEither<string, void>
  /** What was appended is on the disk afterwards. */
  readonly sync: TE.TaskEither<string, void>
  readonly close: TE.TaskEither<string, void>
}

export const openMetrics = (folder: string): TE.TaskEither<string, Metrics> => {
  const failed = (error: unknown): string => `cannot write ${metricsPath(folder)}: ${reason(error)}`
  return pipe(
    TE.tryCatch(() => open(metricsPath(folder), 'a'), failed),
    TE.map((file) => ({
      append: (row: MetricsRow) => TE.tryCatch(() => file.appendFile(`${JSON.stringify(row)}\n`), failed),
      sync: TE.tryCatch(() => file.datasync(), failed),
      close: TE.tryCatch(() => file.close(), failed),
    })),
  )
}

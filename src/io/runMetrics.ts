/**
 * metrics.jsonl: one JSON object a line, a line a step. Appended while a run goes on; cut back to a checkpoint's step
 * when it is taken up again, so that no step stands there twice. A last line that a killed process left torn is cut too.
 */
import { constants, type FileHandle, open } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { readText, reason, writeAtomic } from './atomic.ts'
import { metricsPath } from './run.ts'

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

interface Parsed {
  /** Up to the first line that is none. */
  readonly rows: readonly MetricsRow[]
  /** Why the rows end where they do, if that is not the end of the file. */
  readonly wrong: string | null
}

/** A last line without an end was torn, and is no line. */
const parsed = (path: string, text: string): Parsed => {
  const rows: MetricsRow[] = []
  for (const [i, line] of text.split('\n').slice(0, -1).entries()) {
    const row = parse(line)
    if (E.isLeft(row)) return { rows, wrong: `${path}, line ${i + 1}: ${row.left}` }
    rows.push(row.right)
  }
  return { rows, wrong: null }
}

const read = (folder: string): TE.TaskEither<string, Parsed> =>
  pipe(
    readText(metricsPath(folder)),
    TE.map((text) => (text === null ? { rows: [], wrong: null } : parsed(metricsPath(folder), text))),
  )

/** All rows; none where there is no file. Only the last line may be torn. */
export const readMetrics = (folder: string): TE.TaskEither<string, readonly MetricsRow[]> =>
  pipe(
    read(folder),
    TE.chainEitherK(({ rows, wrong }) => (wrong === null ? E.right(rows) : E.left(wrong))),
  )

/** Keeps the rows of steps up to `step`, whatever stands behind them; a negative step keeps none. */
export const cutMetrics = (folder: string, step: number): TE.TaskEither<string, readonly MetricsRow[]> =>
  pipe(
    read(folder),
    TE.chainEitherK(({ rows, wrong }) =>
      wrong === null || rows.some((row) => row.step >= step) || step < 0
        ? E.right(rows.filter((row) => row.step <= step))
        : E.left(`${wrong}, before the row of step ${step}. Mend that line, or cut the file there`),
    ),
    TE.chainFirst((rows) => writeAtomic(metricsPath(folder), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))),
  )

export interface Metrics {
  /** A row that cannot be written now is written with a later one, or `sync` says why it cannot. */
  readonly append: (row: MetricsRow) => T.Task<void>
  /** All rows so far are on the disk afterwards. */
  readonly sync: TE.TaskEither<string, void>
  readonly close: TE.TaskEither<string, void>
}

/** Writes all of it at a place, whatever the system takes at a time. */
const writeAt = async (file: FileHandle, bytes: Uint8Array, place: number): Promise<void> => {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, place + done)
    done += bytesWritten
  }
}

/** The writer of a run's metrics; the file is made where there is none. */
export const openMetrics = (folder: string): TE.TaskEither<string, Metrics> => {
  const failed = (error: unknown): string => `cannot write ${metricsPath(folder)}: ${reason(error)}`
  return pipe(
    TE.tryCatch(async () => {
      const file = await open(metricsPath(folder), constants.O_RDWR | constants.O_CREAT)
      return { file, size: (await file.stat()).size }
    }, failed),
    TE.map(({ file, size }): Metrics => {
      // what was torn by a failed write lies behind `written`, and the next one overwrites it
      let written = size
      let waiting: readonly Uint8Array[] = []
      const flush = async (): Promise<void> => {
        const bytes = Buffer.concat(waiting)
        await writeAt(file, bytes, written)
        written += bytes.length
        waiting = []
      }
      return {
        append: (row) => async () => {
          waiting = [...waiting, Buffer.from(`${JSON.stringify(row)}\n`)]
          await flush().catch(() => undefined)
        },
        sync: TE.tryCatch(async () => {
          await flush()
          await file.datasync()
        }, failed),
        close: TE.tryCatch(() => file.close(), failed),
      }
    }),
  )
}

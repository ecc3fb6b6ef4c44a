/**
 * metrics.jsonl: one JSON object per line, one line per step. Appended to during a run; truncated to a checkpoint's step
 * on resuming, so that no step appears twice. An incomplete last line left by a killed process is removed too.
 */
import { constants, type FileHandle, open } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { readText, reason, writeAtomic } from './atomic.ts'
import { metricsPath } from './run.ts'

/** An unknown number (a validation that was not due, the loss before the first step) is null. */
const rowCodec = t.intersection([
  t.type({
    step: t.number,
    images: t.number,
    loss: t.union([t.number, t.null]),
    validation: t.union([t.number, t.null]),
    learningRate: t.union([t.number, t.null]),
    gradientNorm: t.union([t.number, t.null]),
    imagesPerSecond: t.union([t.number, t.null]),
    /** Since the run began, excluding pauses. */
    seconds: t.number,
  }),
  /** Other numbers of the validation, by name; absent where it has none. */
  t.partial({ measures: t.record(t.string, t.number) }),
])
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
  /** Up to the first invalid line. */
  readonly rows: readonly MetricsRow[]
  /** Why reading stopped, if that is not the end of the file. */
  readonly wrong: string | null
}

/** A last line without a newline is incomplete, and ignored. */
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

/** All rows; none if there is no file. Only the last line may be incomplete. */
export const readMetrics = (folder: string): TE.TaskEither<string, readonly MetricsRow[]> =>
  pipe(
    read(folder),
    TE.chainEitherK(({ rows, wrong }) => (wrong === null ? E.right(rows) : E.left(wrong))),
  )

/** Keeps the rows of steps up to `step`, whatever follows them; a negative step keeps none. */
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
  /** A row that cannot be written now is written with a later one, or `sync` reports the error. */
  readonly append: (row: MetricsRow) => T.Task<void>
  /** After this all rows so far are on disk. */
  readonly sync: TE.TaskEither<string, void>
  readonly close: TE.TaskEither<string, void>
}

/** Writes everything at a position, in as many system calls as it takes. */
const writeAt = async (file: FileHandle, bytes: Uint8Array, place: number): Promise<void> => {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, place + done)
    done += bytesWritten
  }
}

/** The writer of a run's metrics; creates the file if it does not exist. */
export const openMetrics = (folder: string): TE.TaskEither<string, Metrics> => {
  const failed = (error: unknown): string => `cannot write ${metricsPath(folder)}: ${reason(error)}`
  return pipe(
    TE.tryCatch(async () => {
      const file = await open(metricsPath(folder), constants.O_RDWR | constants.O_CREAT)
      return { file, size: (await file.stat()).size }
    }, failed),
    TE.map(({ file, size }): Metrics => {
      // a failed write leaves its bytes after `written`, and the next one overwrites them
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

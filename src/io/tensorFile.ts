/**
 * safetensors files whose tensors are read and written slice by slice, so that a file needs no more memory than one slice beside
 * what is made of it. `load` and `save` (safetensorsFile.ts) have all values at a time.
 */
import { open } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { ContentError, writeAtomic } from './atomic.ts'
import { type DtypeName, dtypes, writers } from './dtype.ts'
import type { Opener, OpenFile } from './opener.ts'
import { reason } from './reason.ts'
import {
  type Described,
  type Entry,
  elements,
  headerOf,
  type SafeTensors,
  stored,
  wronglyFilled,
} from './safetensors.ts'
import { fill, type Opened, readHeader, withFile } from './safetensorsFile.ts'

/** Bytes of a file that are read, or written, at a time: a multiple of every element's size. */
export const sliceBytes = 2 ** 22

/** Elements `from` to `from + values.length` of a tensor, row-major. The values are the reader's until the next slice. */
export interface Slice {
  readonly from: number
  readonly values: Float32Array | Float64Array
}

/** A tensor of an open file. */
export interface TensorEntry {
  readonly dtype: DtypeName
  readonly shape: readonly number[]
}

/** An open file of tensors. */
export interface TensorFile {
  readonly metadata: SafeTensors['metadata']
  /** By name, in the order of the data. */
  readonly entries: ReadonlyMap<string, TensorEntry>
  /** The values of a tensor in their order, exactly: float32 holds F32, F16 and BF16, float64 everything else. */
  readonly slices: (name: string) => AsyncGenerator<Slice, void>
}

/** A failed read; `use` of an open file may let it pass, and the result names the path. */
const failed = (sentence: string): never => {
  throw new Error(sentence)
}

async function* slicesOf(
  file: OpenFile,
  start: number,
  e: Entry,
  room: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Slice, void> {
  const each = dtypes[e.dtype].bytes
  for (let begin = e.begin; begin < e.end; begin += room.length) {
    const bytes = room.subarray(0, Math.min(room.length, e.end - begin))
    await fill(file, bytes, start + begin)
    const read = stored(e, bytes)
    if (E.isLeft(read)) return failed(read.left)
    yield { from: (begin - e.begin) / each, values: read.right[1].values }
  }
}

const opened = (file: OpenFile, { entries, metadata, start }: Opened): TensorFile => {
  const byName = new Map(entries.map((e) => [e.name, e]))
  const largest = entries.reduce((most, e) => Math.max(most, e.end - e.begin), 0)
  // one room for all slices; they begin at multiples of 8 there, which the views of them need
  const room = new Uint8Array(Math.min(sliceBytes, Math.ceil(largest / 8) * 8))
  return {
    metadata,
    entries: new Map(entries.map(({ name, dtype, shape }) => [name, { dtype, shape }])),
    slices: (name) => {
      const e = byName.get(name)
      return e === undefined ? failed(`there is no tensor "${name}"`) : slicesOf(file, start, e, room)
    },
  }
}

/** What `use` makes of a file that is open meanwhile; every error names the path. */
export const withTensors = <A>(
  path: string,
  use: (file: TensorFile) => Promise<E.Either<string, A>>,
  from: Opener = open,
): TE.TaskEither<string, A> =>
  withFile(path, from, async (file) => {
    const header = await readHeader(path, file)
    return E.isLeft(header) ? header : use(opened(file, header.right))
  })

/** A tensor that is written slice by slice. */
export interface MadeTensor extends Described {
  readonly name: string
  /** Its values in their order, in slices of any length; they are written before the next are asked for. */
  readonly slices: () => Iterable<Float32Array | Float64Array> | AsyncIterable<Float32Array | Float64Array>
}

async function* content(header: Uint8Array, tensors: readonly MadeTensor[]): AsyncGenerator<Uint8Array, void> {
  yield header
  for (const { name, dtype, shape, slices } of tensors) {
    let given = 0
    try {
      for await (const values of slices()) {
        given += values.length
        yield writers[dtype](values)
      }
    } catch (error) {
      throw error instanceof ContentError ? error : new ContentError(`tensor "${name}": ${reason(error)}`)
    }
    if (given !== elements(shape)) throw new ContentError(wronglyFilled(name, shape, given))
  }
}

/** Writes a file atomically, slice by slice; a failure of what makes the values leaves nothing behind either. */
export const saveTensors = (
  path: string,
  { tensors, metadata }: { readonly tensors: readonly MadeTensor[]; readonly metadata: SafeTensors['metadata'] },
  create: Opener = open,
): TE.TaskEither<string, void> =>
  pipe(
    TE.fromEither(
      headerOf(
        tensors.map((one) => [one.name, one]),
        metadata,
      ),
    ),
    TE.mapLeft((what) => `cannot write ${path}: ${what}`),
    TE.chain((header) => writeAtomic(path, content(header, tensors), create)),
  )

/**
 * safetensors files: named flat arrays with shapes, and string metadata.
 *
 *   u64 little-endian length of the header | JSON header, padded with spaces to 8 bytes | the arrays, end to end
 *   header: { name: { dtype, shape, data_offsets: [begin, end] }, ..., "__metadata__": { string: string } }
 *
 * Law: decode(encode(file)) = file. Arrays fill the data without overlap or gap, so a truncated file never decodes.
 * It is independent of models and of files on disk (safetensorsFile.ts): names, layouts and the meaning of metadata belong to
 * the caller.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DtypeName, dtypes, type Values, writers } from './dtype.ts'
import { duplicateKey } from './jsonKeys.ts'

/** Values in row-major order; float32 holds F32, F16 and BF16, float64 everything else. */
export interface Stored<D extends DtypeName = DtypeName> {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array
}
/** Tensors in the order of the file's data. */
export interface SafeTensors<D extends DtypeName = DtypeName> {
  readonly tensors: ReadonlyMap<string, Stored<D>>
  readonly metadata: Readonly<Record<string, string>>
}
/** An element type of safetensors that can be written. */
export type Writable = keyof typeof writers

/** Where a tensor lies: bytes `begin` to `end` of the data. */
export interface Entry {
  readonly name: string
  readonly dtype: DtypeName
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}
export interface Header {
  readonly entries: readonly Entry[]
  readonly metadata: Readonly<Record<string, string>>
}

/** As in the reference implementation; a real header of thousands of tensors is below a megabyte. */
const longestHeader = 100_000_000
const metadataName = '__metadata__'
const natural = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 0, 'a natural number')
const entryCodec = t.type({ dtype: t.string, shape: t.array(natural), data_offsets: t.tuple([natural, natural]) })
const metadataCodec = t.record(t.string, t.string)

/** How many numbers a tensor of a shape has; 0 where a size is 0. */
export const elements = (shape: readonly number[]): number => (shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1))
const isDtype = (name: string): name is DtypeName => Object.hasOwn(dtypes, name)
/** Names and shapes come from the file: a message shows a readable amount of them. */
const longestShown = 100
const cut = (text: string): string => (text.length > longestShown ? `${text.slice(0, longestShown)}…` : text)
export const quote = (name: string): string => JSON.stringify(cut(name))
export const listed = (shape: readonly number[]): string => `[${cut(shape.join(', '))}]`

const entry = ([name, raw]: readonly [string, unknown]): E.Either<string, Entry> =>
  pipe(
    entryCodec.decode(raw),
    E.mapLeft(() => `tensor ${quote(name)}: expected a dtype, a shape and two data_offsets of natural numbers`),
    E.chain(({ dtype, shape, data_offsets: [begin, end] }) => {
      if (!isDtype(dtype))
        return E.left(
          `tensor ${quote(name)}: unknown dtype ${quote(dtype)}, expected one of ${Object.keys(dtypes).join(', ')}`,
        )
      const size = elements(shape) * dtypes[dtype].bytes
      return end - begin === size
        ? E.right({ name, dtype, shape, begin, end })
        : E.left(
            `tensor ${quote(name)}: ${dtype} ${listed(shape)} takes ${size} bytes, but data_offsets [${begin}, ${end}] hold ${end - begin}`,
          )
    }),
  )

/** The arrays lie end to end, from the first byte of the data to the last. */
const contiguous = (sorted: readonly Entry[], dataBytes: number): E.Either<string, readonly Entry[]> => {
  const ends = [0, ...sorted.map((e) => e.end)]
  const wrong = sorted.findIndex((e, i) => e.begin !== ends[i])
  const [at, before] = [sorted[wrong], sorted[wrong - 1]]
  if (at !== undefined)
    return E.left(
      at.begin < (ends[wrong] ?? 0)
        ? `tensor ${quote(at.name)} overlaps tensor ${quote(before?.name ?? '')}`
        : `bytes ${ends[wrong]} to ${at.begin} of the data belong to no tensor`,
    )
  const described = ends.at(-1) ?? 0
  return described === dataBytes
    ? E.right(sorted)
    : E.left(
        `the header describes ${described} bytes of data, but the file holds ${dataBytes} (${described > dataBytes ? 'cut short' : 'too long'})`,
      )
}

/** JSON without duplicate keys in an object, which would be ambiguous. */
const parseJson = (bytes: Uint8Array): E.Either<string, unknown> =>
  pipe(
    E.tryCatch(
      () => {
        const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
        const value: unknown = JSON.parse(text)
        return { text, value }
      },
      () => 'not a safetensors file: its header is not JSON',
    ),
    E.chain(({ text, value }) => {
      const twice = duplicateKey(text)
      if (twice === null) return E.right(value)
      const [tensor] = twice.within
      return E.left(`${tensor === undefined ? 'the header' : quote(tensor)} names ${quote(twice.key)} twice`)
    }),
  )

export const parseHeader = (bytes: Uint8Array, dataBytes: number): E.Either<string, Header> =>
  pipe(
    parseJson(bytes),
    E.chain(E.fromPredicate(t.UnknownRecord.is, () => 'not a safetensors file: its header is not a JSON object')),
    E.chain((raw) =>
      pipe(
        E.Do,
        E.bind('metadata', () =>
          pipe(
            metadataCodec.decode(Object.hasOwn(raw, metadataName) ? raw[metadataName] : {}),
            E.mapLeft(() => `${metadataName}: expected strings by name`),
          ),
        ),
        E.bind('entries', () =>
          pipe(
            Object.entries(raw).filter(([name]) => name !== metadataName),
            E.traverseArray(entry),
            E.chain((all) =>
              contiguous(
                [...all].sort((a, b) => a.begin - b.begin || a.end - b.end),
                dataBytes,
              ),
            ),
          ),
        ),
      ),
    ),
  )

/** Length of the header, given the first 8 bytes and the size of the file. */
export const headerBytes = (start: Uint8Array, fileBytes: number): E.Either<string, number> => {
  if (start.length < 8) return E.left(`not a safetensors file: ${fileBytes} bytes, expected at least 8`)
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true))
  if (length > longestHeader)
    return E.left(`not a safetensors file: its header would take ${length} bytes, expected at most ${longestHeader}`)
  return length <= fileBytes - 8
    ? E.right(length)
    : E.left(`not a safetensors file, or cut short: its header takes ${length} bytes, but ${fileBytes - 8} follow`)
}

export const stored = (e: Entry, bytes: Uint8Array<ArrayBuffer>): E.Either<string, readonly [string, Stored]> =>
  pipe(
    dtypes[e.dtype].read(bytes),
    E.bimap(
      (what) => `tensor ${quote(e.name)}: ${what}`,
      (values: Values) => [e.name, { dtype: e.dtype, shape: e.shape, values }] as const,
    ),
  )

export const collect =
  (metadata: Header['metadata']) =>
  (all: readonly (readonly [string, Stored])[]): SafeTensors => ({
    tensors: new Map(all),
    metadata,
  })

/** A file in memory; arrays are copies. */
export const decode = (bytes: Uint8Array): E.Either<string, SafeTensors> =>
  pipe(
    headerBytes(bytes.subarray(0, 8), bytes.length),
    E.chain((length) => {
      const data = bytes.subarray(8 + length)
      return pipe(
        parseHeader(bytes.subarray(8, 8 + length), data.length),
        E.chain(({ entries, metadata }) =>
          pipe(
            entries,
            E.traverseArray((e) => stored(e, new Uint8Array(data.subarray(e.begin, e.end)))),
            E.map(collect(metadata)),
          ),
        ),
      )
    }),
  )

/** What a header says of a tensor that is to be written. */
export type Described = Pick<Stored<Writable>, 'dtype' | 'shape'>

/** The first bytes of a file, up to its data; equal files give equal bytes. */
export const headerOf = (
  all: readonly (readonly [name: string, tensor: Described])[],
  metadata: SafeTensors['metadata'],
): E.Either<string, Uint8Array<ArrayBuffer>> => {
  if (all.some(([name]) => name === metadataName)) return E.left(`no tensor may be called ${metadataName}`)
  let end = 0
  const rows = all.map(([name, { dtype, shape }]) => {
    const begin = end
    end += elements(shape) * dtypes[dtype].bytes
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`
  })
  const about = Object.keys(metadata).length === 0 ? [] : [`${quote(metadataName)}:${JSON.stringify(metadata)}`]
  const json = new TextEncoder().encode(`{${[...about, ...rows].join(',')}}`)
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true)
  header.set(json, 8)
  return E.right(header)
}

/** One sentence for a tensor that was given another number of values than its shape has. */
export const wronglyFilled = (name: string, shape: readonly number[], given: number): string =>
  `tensor ${quote(name)}: ${listed(shape)} has ${elements(shape)} elements, but ${given} values were given`

/** The pieces of a file, in order; equal files give equal bytes. */
export const pieces = ({ tensors, metadata }: SafeTensors<Writable>): E.Either<string, readonly Uint8Array[]> => {
  const all = [...tensors]
  const wrong = all.find(([, s]) => s.values.length !== elements(s.shape))
  if (wrong !== undefined) {
    const [name, { shape, values }] = wrong
    return E.left(wronglyFilled(name, shape, values.length))
  }
  return pipe(
    headerOf(all, metadata),
    E.map((header) => [header, ...all.map(([, s]) => writers[s.dtype](s.values))]),
  )
}

const together = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0))
  parts.reduce((at, part) => {
    out.set(part, at)
    return at + part.length
  }, 0)
  return out
}

/** A file as bytes. */
export const encode = (file: SafeTensors<Writable>): E.Either<string, Uint8Array> => pipe(pieces(file), E.map(together))

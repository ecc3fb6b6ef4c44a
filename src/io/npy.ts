/**
 * NumPy's array files: a magic, a version, a header that is a Python literal, the numbers.
 *
 *   \x93NUMPY | major minor | u16 (version 1) or u32 length | {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), } | data
 *
 * Law: decodeNpy(encodeNpy(array)) = array. Objects, strings, structures and big-endian numbers are refused.
 * Source: numpy.lib.format.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { shown } from '../codec/codecs.ts'
import { element } from '../codec/element.ts'
import { type DtypeName, dtypes, writers } from './dtype.ts'

/** Numbers in row-major order. Bytes stay bytes, float16 and float32 are float32, everything else is float64. */
export interface NpyArray {
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array | Uint8Array
}

const magic = '\x93NUMPY'

const named: Readonly<Record<string, DtypeName>> = {
  '<f8': 'F64',
  '<f4': 'F32',
  '<f2': 'F16',
  '<i8': 'I64',
  '<i4': 'I32',
  '<i2': 'I16',
  '|i1': 'I8',
  '<u8': 'U64',
  '<u4': 'U32',
  '<u2': 'U16',
  '|u1': 'U8',
  '|b1': 'BOOL',
}

const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

interface Head {
  readonly dtype: DtypeName
  readonly fortran: boolean
  readonly shape: readonly number[]
  /** Where the numbers begin. */
  readonly start: number
}

const notOne = 'it is not an array of NumPy'

const literal = (text: string, start: number): E.Either<string, Head> => {
  const descr = /'descr':\s*('[^']*'|\[)/.exec(text)?.[1]
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1]
  const shape = /'shape':\s*\(([\d, L]*)\)/.exec(text)?.[1]
  if (descr === undefined || fortran === undefined || shape === undefined)
    return E.left(`${notOne}: its header is ${shown(text.trim())}`)
  const name = descr.replaceAll("'", '')
  const dtype = Object.hasOwn(named, name) ? named[name] : undefined
  if (dtype === undefined)
    return E.left(`its numbers are of type ${shown(name)}: expected one of ${Object.keys(named).join(', ')}`)
  const sizes = [...shape.matchAll(/\d+/g)].map(([digits]) => Number(digits))
  return E.right({ dtype, fortran: fortran === 'True', shape: sizes, start })
}

const headOf = (bytes: Uint8Array): E.Either<string, Head> => {
  if (latin(bytes.subarray(0, magic.length)) !== magic || bytes.length < 12) return E.left(notOne)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const major = view.getUint8(6)
  if (major < 1 || major > 3) return E.left(`its format is version ${major}: expected 1, 2 or 3`)
  const [from, length] = major === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)]
  return from + length > bytes.length
    ? E.left(`${notOne}, or cut short: its header would end at byte ${from + length} of ${bytes.length}`)
    : literal(new TextDecoder().decode(bytes.subarray(from, from + length)), from + length)
}

const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Orders values of Fortran's order, whose first axis varies fastest, by rows, in place. */
const orderByRows = (values: NpyArray['values'], shape: readonly number[]): void => {
  const before = values.slice()
  const strides = shape.map((_, axis) => elements(shape.slice(0, axis)))
  for (let to = 0; to < values.length; to++) {
    let [rest, from] = [to, 0]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = element(shape, axis)
      from += (rest % size) * element(strides, axis)
      rest = Math.floor(rest / size)
    }
    values[to] = element(before, from)
  }
}

/** The array in a file; the numbers are a copy. A Left is the end of a sentence whose subject is the file. */
export const decodeNpy = (bytes: Uint8Array): E.Either<string, NpyArray> =>
  pipe(
    headOf(bytes),
    E.chain(({ dtype, fortran, shape, start }) => {
      const [expected, found] = [elements(shape) * dtypes[dtype].bytes, bytes.length - start]
      if (expected !== found)
        return E.left(`[${shape.join(', ')}] of ${dtype} take ${expected} bytes, but ${found} follow its header`)
      const data = new Uint8Array(bytes.subarray(start))
      const numbers: E.Either<string, NpyArray['values']> = dtype === 'U8' ? E.right(data) : dtypes[dtype].read(data)
      return pipe(
        numbers,
        E.map((values) => {
          if (fortran) orderByRows(values, shape)
          return { shape, values }
        }),
      )
    }),
  )

const written = (values: NpyArray['values']): readonly [descr: string, bytes: Uint8Array] =>
  values instanceof Uint8Array
    ? ['|u1', values]
    : values instanceof Float32Array
      ? ['<f4', writers.F32(values)]
      : ['<f8', writers.F64(values)]

/** A file of an array, whose numbers begin at a multiple of 64. A RangeError where shape and numbers do not fit. */
export const encodeNpy = ({ shape, values }: NpyArray): Uint8Array => {
  if (elements(shape) !== values.length)
    throw new RangeError(
      `[${shape.join(', ')}] has ${elements(shape)} elements, but ${values.length} values were given`,
    )
  const [descr, data] = written(values)
  const sizes = shape.length === 1 ? `${shape.join('')},` : shape.join(', ')
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`
  const start = Math.ceil((10 + text.length + 1) / 64) * 64
  const out = new Uint8Array(start + data.length).fill(0x20, 0, start)
  out.set(Uint8Array.from(magic, (letter) => letter.charCodeAt(0)))
  out.set([1, 0], 6)
  new DataView(out.buffer).setUint16(8, start - 10, true)
  out.set(new TextEncoder().encode(text), 10)
  out[start - 1] = 0x0a
  out.set(data, start)
  return out
}

/** safetensors files, their bytes and their headers changed, through `load`. */
import { join } from 'node:path'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { dtypes } from '../../../src/io/dtype.ts'
import { encode, type SafeTensors } from '../../../src/io/safetensors.ts'
import { load } from '../../../src/io/safetensorsFile.ts'
import { accepted, type Files, type Format, refused, wrong } from './format.ts'
import { changes } from './mutation.ts'
import { jsonChanges } from './text.ts'

const name = 'a.safetensors'

const joined = (header: string, data: Uint8Array): Uint8Array => {
  const json = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, data])
}
const headerOf = (bytes: Uint8Array): { readonly header: string; readonly data: Uint8Array } => {
  const end = 8 + Number(Buffer.from(bytes).readBigUInt64LE())
  return { header: Buffer.from(bytes.subarray(8, end)).toString(), data: bytes.subarray(end) }
}

/** One tensor of every dtype. */
const everyDtype = (): Uint8Array => {
  let end = 0
  const rows = Object.entries(dtypes).map(([dtype, { bytes }]) => {
    const begin = end
    end += 6 * bytes
    return [`of.${dtype}`, { dtype, shape: [2, 3], data_offsets: [begin, end] }] as const
  })
  return joined(
    JSON.stringify(Object.fromEntries(rows)),
    Uint8Array.from({ length: end }, (_, i) => (i % 8 === 0 ? i % 7 : 0)),
  )
}
const written = encode({
  metadata: { format: 'pt', step: '12', notes: 'a {b} "c"' },
  tensors: new Map([
    [
      'blocks.0.qkv.weight',
      { dtype: 'F32', shape: [8, 12], values: Float32Array.from({ length: 96 }, (_, i) => i / 7) },
    ],
    ['blocks.0.qkv.bias', { dtype: 'F32', shape: [12], values: new Float32Array(12) }],
    ['none', { dtype: 'F64', shape: [0, 3], values: new Float64Array() }],
    ['step', { dtype: 'U32', shape: [], values: Float64Array.of(7) }],
  ]),
})
const valid: readonly Files[] = [...(E.isRight(written) ? [written.right] : []), everyDtype()].map((bytes) => ({
  [name]: bytes,
}))

const inputs = fc
  .tuple(
    fc.constantFrom(...valid),
    fc.oneof(
      changes,
      jsonChanges.map((change) => ({ change })),
    ),
  )
  .map(([files, how]): Files => {
    const bytes = files[name] ?? new Uint8Array()
    if (typeof how === 'function') return { [name]: how(bytes) }
    const { header, data } = headerOf(bytes)
    return { [name]: joined(how.change(header), data) }
  })

/** Names, shapes and, of floats that are kept as they are, the bytes: read here without the reader. */
const differs = (file: SafeTensors, bytes: Uint8Array): string | undefined => {
  const { header, data } = headerOf(bytes)
  const raw: Record<string, { shape: readonly number[]; data_offsets: readonly [number, number] }> = JSON.parse(header)
  const names = Object.keys(raw).filter((key) => key !== '__metadata__')
  if (names.length !== file.tensors.size) return `${file.tensors.size} tensors of ${names.length}`
  return names.find((key) => {
    const [said, read] = [raw[key], file.tensors.get(key)]
    if (said === undefined || read === undefined || said.shape.join() !== read.shape.join()) return true
    if (read.values.length !== said.shape.reduce((a, b) => a * b, 1)) return true
    if (read.dtype !== 'F32' && read.dtype !== 'F64') return false
    const own = new Uint8Array(read.values.buffer, read.values.byteOffset, read.values.byteLength)
    return Buffer.compare(own, data.subarray(...said.data_offsets)) !== 0
  })
}

export const safetensors: Format = {
  name: 'safetensors',
  valid,
  inputs,
  read: async (folder, files) => {
    const read = await load(join(folder, name))()
    if (E.isLeft(read)) return refused(read.left)
    const what = differs(read.right, files[name] ?? new Uint8Array())
    return what === undefined ? accepted : wrong(what)
  },
}

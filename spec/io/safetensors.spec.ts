/** Examples of safetensors files: bytes as others write them, and every way in which a file can be wrong. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { decode, encode, type SafeTensors, type Writable } from '../../src/io/safetensors.ts'
import { load, save } from '../../src/io/safetensorsFile.ts'
import { shrinking } from './shrinking.ts'

const file = (header: unknown, data: readonly number[] = []): Uint8Array => {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  bytes.set(data, 8 + json.length)
  return bytes
}
const one = (dtype: string, shape: readonly number[], data: readonly number[]): Uint8Array =>
  file({ x: { dtype, shape, data_offsets: [0, data.length] } }, data)
const values = (bytes: Uint8Array): readonly number[] => {
  const read = decode(bytes)
  return E.isLeft(read) ? [] : Array.from(read.right.tensors.get('x')?.values ?? [])
}
const error = (bytes: Uint8Array): string => {
  const read = decode(bytes)
  return E.isLeft(read) ? read.left : 'no error'
}
const small: SafeTensors<Writable> = {
  metadata: { format: 'pt', step: '12' },
  tensors: new Map([
    ['b.weight', { dtype: 'F32', shape: [2, 3], values: Float32Array.of(1, -2, 0.5, 3, 4, 5) }],
    ['a', { dtype: 'F64', shape: [], values: Float64Array.of(Math.PI) }],
    ['7', { dtype: 'U32', shape: [1], values: Float64Array.of(4294967295) }],
    ['none', { dtype: 'F32', shape: [0, 4], values: new Float32Array(0) }],
  ]),
}

t.test('every dtype is read', async (t) => {
  t.same(values(one('F32', [2], [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0])), [1, -2])
  t.same(values(one('F64', [1], [0, 0, 0, 0, 0, 0, 0xf0, 0x3f])), [1])
  t.same(values(one('BF16', [3], [0x80, 0x3f, 0x49, 0x40, 0x80, 0xff])), [1, 3.140625, -Infinity])
  // one, -two, the largest, the smallest, the smallest normal, infinity
  const halves = [0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00, 0x00, 0x04, 0x00, 0x7c]
  t.same(values(one('F16', [6], halves)), [1, -2, 65504, 2 ** -24, 2 ** -14, Infinity])
  t.same(values(one('F16', [1], [0x01, 0x7e])), [Number.NaN])
  t.same(values(one('I64', [2], [0xfe, 255, 255, 255, 255, 255, 255, 255, 5, 0, 0, 0, 0, 0, 0, 0])), [-2, 5])
  t.same(values(one('U64', [1], [0, 0, 0, 0, 1, 0, 0, 0])), [2 ** 32])
  t.same(values(one('I32', [1], [0xff, 255, 255, 255])), [-1])
  t.same(values(one('U32', [1], [0xff, 255, 255, 255])), [4294967295])
  t.same(values(one('I16', [1], [0xff, 255])), [-1])
  t.same(values(one('U16', [1], [0xff, 255])), [65535])
  t.same(values(one('I8', [2], [0xff, 1])), [-1, 1])
  t.same(values(one('U8', [2], [0xff, 1])), [255, 1])
  t.same(values(one('BOOL', [2], [1, 0])), [1, 0])
})

t.test('a file without tensors, and one with spaces after its header, are valid', async (t) => {
  t.same(decode(file('{}')), E.right({ tensors: new Map(), metadata: {} }))
  t.ok(E.isRight(decode(file('{}      '))))
})

t.test('bytes are pinned: header in given order, padded to 8, data end to end', async (t) => {
  const bytes = encode({
    metadata: { step: '1' },
    tensors: new Map([['w', { dtype: 'F32', shape: [1], values: Float32Array.of(1) }]]),
  })
  const header = '{"__metadata__":{"step":"1"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}      '
  t.same(
    bytes,
    E.right(Buffer.concat([Buffer.of(88, 0, 0, 0, 0, 0, 0, 0), Buffer.from(header), Buffer.of(0, 0, 128, 63)])),
  )
})

t.test('every invalid file is an error of one sentence', async (t) => {
  const x = { dtype: 'U8', shape: [4], data_offsets: [0, 4] }
  const four = [1, 2, 3, 4]
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['empty', new Uint8Array(), /^not a safetensors file: 0 bytes, expected at least 8$/],
    [
      'a PNG',
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0),
      /not a safetensors file: its header would take \d+ bytes/,
    ],
    ['cut in the header', file({ x }, four).subarray(0, 20), /cut short: its header takes \d+ bytes, but 12 follow/],
    ['no JSON', file('hello'), /header is not JSON$/],
    ['no UTF-8', Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x22, 0xff, 0x22), /header is not JSON$/],
    ['no object', file('[1]'), /not a JSON object/],
    ['no entry', file({ x: 3 }), /tensor "x": expected a dtype, a shape and two data_offsets/],
    ['negative shape', file({ x: { ...x, shape: [-4] } }, four), /tensor "x": expected a dtype/],
    [
      'unknown dtype',
      file({ x: { ...x, dtype: 'F8_E4M3' } }, four),
      /tensor "x": unknown dtype "F8_E4M3", expected one of F64, F32/,
    ],
    [
      'wrong size',
      file({ x: { ...x, shape: [5] } }, four),
      /tensor "x": U8 \[5\] takes 5 bytes, but data_offsets \[0, 4\] hold 4/,
    ],
    ['cut in the data', file({ x }, [1, 2]), /describes 4 bytes of data, but the file holds 2 \(cut short\)/],
    ['trailing bytes', file({ x }, [1, 2, 3, 4, 5]), /the file holds 5 \(too long\)/],
    ['overlap', file({ x, y: { ...x, data_offsets: [2, 6] } }, [...four, 5, 6]), /tensor "y" overlaps tensor "x"/],
    [
      'hole',
      file({ x, y: { ...x, data_offsets: [6, 10] } }, [...four, ...four, 9, 9]),
      /bytes 4 to 6 of the data belong to no tensor/,
    ],
    ['metadata of numbers', file({ __metadata__: { step: 1 } }), /__metadata__: expected strings/],
    [
      'a tensor twice',
      file(
        '{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}, "\\u0078" :{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}',
        four,
      ),
      /^the header names "x" twice$/,
    ],
    ['metadata twice', file('{"__metadata__":{"a":"1","b":"2","a":"1"}}'), /^"__metadata__" names "a" twice$/],
    ['all metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), /^the header names "__metadata__" twice$/],
    [
      'a dtype twice',
      file('{"x":{"dtype":"U8","shape":[4],"dtype":"I8","data_offsets":[0,4]}}', four),
      /^"x" names "dtype" twice$/,
    ],
    [
      'a shape beyond all numbers',
      file({ x: { ...x, shape: [...Array.from({ length: 30 }, () => 2 ** 52), 0] } }, four),
      /^tensor "x": U8 \[4503599627370496, .{80,90}…\] takes 0 bytes, but/,
    ],
    ['a long name', file({ ['n'.repeat(100_000)]: 3 }), /^tensor "n{100}…": expected a dtype/],
    ['beyond 2^53', one('I64', [1], [1, 0, 0, 0, 0, 0, 0, 64]), /tensor "x": it holds integers beyond 2\^53/],
  ]
  for (const [name, bytes, sentence] of cases) t.match(error(bytes), sentence, name)
})

t.test('what cannot be written is an error of one sentence', async (t) => {
  const values = Float32Array.of(1)
  t.match(encode({ metadata: {}, tensors: new Map([['x', { dtype: 'F32', shape: [2], values }]]) }), {
    left: 'tensor "x": [2] has 2 elements, but 1 values were given',
  })
  t.match(encode({ metadata: {}, tensors: new Map([['__metadata__', { dtype: 'F32', shape: [1], values }]]) }), {
    left: 'no tensor may be called __metadata__',
  })
})

t.test('load(save(file)) = file, and errors name the path', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-safetensors-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'a.safetensors')
  t.same(await save(path, small)(), E.right(undefined))
  t.strictSame(await load(path)(), E.right(small))
  t.same(await load(join(folder, 'b'))(), E.left(`cannot read ${join(folder, 'b')}: no such file or folder`))
  t.same(await load(folder)(), E.left(`cannot read ${folder}: it is a folder`))
  await writeFile(path, file({ x: { dtype: 'U8', shape: [4], data_offsets: [0, 4] } }, [1]))
  t.same(await load(path)(), E.left(`${path}: the header describes 4 bytes of data, but the file holds 1 (cut short)`))
  await save(path, small)()
  t.same(await load(path, shrinking(path, 4))(), E.left(`cannot read ${path}: it became shorter while it was read`))
  await save(path, small)()
  t.same(await load(path, shrinking(path, 50))(), E.left(`cannot read ${path}: it became shorter while it was read`))
  await save(path, small)()
  const { size } = await stat(path)
  t.same(
    await load(path, shrinking(path, size - 1))(),
    E.left(`cannot read ${path}: it became shorter while it was read`),
  )
  await writeFile(path, 'PNG')
  t.same(await load(path)(), E.left(`${path}: not a safetensors file: 3 bytes, expected at least 8`))
})

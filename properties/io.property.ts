/** Laws of the file formats. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { pieces } from '../src/io/atomic.ts'
import { dtypes, writers } from '../src/io/dtype.ts'
import { duplicateKey } from '../src/io/jsonKeys.ts'
import { lossHistory } from '../src/io/lossHistory.ts'
import { decode, encode, type SafeTensors, type Stored, type Writable } from '../src/io/safetensors.ts'

/** Numbers of two bytes, as their reader has them. NaN, of which there are many patterns, has a law of its own. */
const twoBytes = (dtype: 'F16' | 'BF16', n: number): fc.Arbitrary<Float32Array> =>
  fc.array(fc.nat({ max: 65535 }), { minLength: n, maxLength: n }).map((patterns) => {
    const read = dtypes[dtype].read(new Uint8Array(Uint16Array.from(patterns).buffer))
    return E.isRight(read) && read.right instanceof Float32Array
      ? read.right.map((x) => (Number.isNaN(x) ? 0 : x))
      : new Float32Array()
  })
const numbers = (n: number): Readonly<Record<Writable, fc.Arbitrary<Float32Array | Float64Array>>> => ({
  F32: fc.float32Array({ minLength: n, maxLength: n }),
  F64: fc.float64Array({ minLength: n, maxLength: n }),
  F16: twoBytes('F16', n),
  BF16: twoBytes('BF16', n),
  I64: fc.array(fc.maxSafeInteger(), { minLength: n, maxLength: n }).map((a) => Float64Array.from(a)),
  U32: fc
    .array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: n, maxLength: n })
    .map((a) => Float64Array.from(a, (x) => 2 * x)),
})
const storedOf = fc
  .tuple(
    fc.constantFrom<Writable[]>('F32', 'F64', 'F16', 'BF16', 'I64', 'U32'),
    fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
  )
  .chain(
    ([dtype, shape]): fc.Arbitrary<Stored<Writable>> =>
      numbers(shape.reduce((a, b) => a * b, 1))[dtype].map((values) => ({ dtype, shape, values })),
  )
/** Messages cut names that are long; files keep them whole. */
const names = fc
  .oneof(
    { weight: 9, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
    fc.string({ minLength: 101, maxLength: 120 }),
  )
  .filter((name) => name !== '__metadata__')
const files: fc.Arbitrary<SafeTensors<Writable>> = fc
  .tuple(
    fc.uniqueArray(fc.tuple(names, storedOf), { selector: ([name]) => name, maxLength: 5 }),
    fc.dictionary(fc.string(), fc.string(), { maxKeys: 4, noNullPrototype: true }),
  )
  .map(([all, metadata]) => ({ tensors: new Map(all), metadata }))
const bytesOf = (file: SafeTensors<Writable>): Uint8Array => {
  const bytes = encode(file)
  return E.isRight(bytes) ? bytes.right : new Uint8Array()
}

t.test('decode(encode(file)) = file, and preserves the order of non-empty tensors', async () =>
  fc.assert(
    fc.property(files, (file) => {
      const back = decode(bytesOf(file))
      if (E.isLeft(back)) return false
      const order = (f: SafeTensors): readonly string[] =>
        [...f.tensors].filter(([, s]) => s.values.length > 0).map(([name]) => name)
      return isDeepStrictEqual(back.right, file) && isDeepStrictEqual(order(back.right), order(file))
    }),
  ),
)

t.test('equal files have equal bytes, and data that begin at a multiple of 8', async () =>
  fc.assert(
    fc.property(files, (file) => {
      const bytes = bytesOf(file)
      return (
        isDeepStrictEqual(bytes, bytesOf(file)) &&
        new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) % 8 === 0
      )
    }),
  ),
)

t.test('a file truncated anywhere, or extended by anything, is rejected', async () =>
  fc.assert(
    fc.property(files, fc.nat(), fc.uint8Array({ minLength: 1 }), (file, at, more) => {
      const bytes = bytesOf(file)
      return E.isLeft(decode(bytes.subarray(0, at % bytes.length))) && E.isLeft(decode(Buffer.concat([bytes, more])))
    }),
  ),
)

t.test('a wrong header length is rejected', async () =>
  fc.assert(
    fc.property(files, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (file, length) => {
      const bytes = Uint8Array.from(bytesOf(file))
      const view = new DataView(bytes.buffer)
      fc.pre(view.getBigUint64(0, true) !== length)
      view.setBigUint64(0, length, true)
      return E.isLeft(decode(bytes))
    }),
  ),
)

t.test('a corrupt header is rejected in one sentence or describes the same data; it never throws', async () =>
  fc.assert(
    fc.property(
      files,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
      (file, changes) => {
        const bytes = Uint8Array.from(bytesOf(file))
        const header = new DataView(bytes.buffer).getUint32(0, true)
        for (const [at, value] of changes) bytes[8 + (at % header)] = value
        const read = decode(bytes)
        if (E.isLeft(read)) return read.left.length > 0 && !read.left.includes('\n')
        return [...read.right.tensors.values()].every((s) => s.values.length === s.shape.reduce((a, b) => a * b, 1))
      },
    ),
    { numRuns: 300 },
  ),
)

t.test('random bytes never decode, and never throw', async () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const read = decode(bytes)
      return E.isLeft(read) || read.right.tensors.size === 0
    }),
  ),
)

/** JSON text of a value, with random escapes and whitespace. */
const written = (value: unknown, escaped: boolean): string =>
  Array.isArray(value)
    ? `[ ${value.map((one) => written(one, escaped)).join(' , ')}]`
    : typeof value === 'object' && value !== null
      ? `{${Object.entries(value)
          .map(([name, one]) => `${spelt(name, escaped)} :${written(one, escaped)}`)
          .join(', ')} }`
      : JSON.stringify(value)
const spelt = (name: string, escaped: boolean): string =>
  escaped
    ? `"${Array.from({ length: name.length }, (_, i) => `\\u${name.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
    : JSON.stringify(name)
/** Keys and strings with everything that could be taken for their end. */
const tricky = fc.string({ unit: fc.constantFrom('a', '"', '\\', '{', '}', '[', ']', ',', ':', 'é') })

t.test('JSON.stringify never writes duplicate keys, however they are escaped', async () =>
  fc.assert(
    fc.property(fc.jsonValue(), fc.dictionary(tricky, tricky), fc.boolean(), (value, strings, escaped) => {
      const all = [value, strings, { value, strings }]
      return all.every(
        (one) => duplicateKey(JSON.stringify(one)) === null && duplicateKey(written(one, escaped)) === null,
      )
    }),
  ),
)

t.test('a duplicate key is found at any depth, however it is escaped', async () =>
  fc.assert(
    fc.property(
      fc.array(tricky, { maxLength: 5 }),
      tricky,
      fc.jsonValue(),
      fc.boolean(),
      (within, key, value, other) => {
        const twice = `{${JSON.stringify(`first${key}`)}: 0, ${spelt(key, other)}: ${JSON.stringify(value)}, ${JSON.stringify(key)}: 1}`
        const text = within.reduceRight((inner, name) => `{${JSON.stringify(name)}: [[], {"": 2}, ${inner}]}`, twice)
        return isDeepStrictEqual(duplicateKey(text), { within, key })
      },
    ),
  ),
)

t.test('parts written in pieces are the same bytes, and many small parts are few pieces', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (parts) =>
      Buffer.concat(pieces(parts)).equals(Buffer.concat(parts)),
    ),
  )
  const large = new Uint8Array(3e6).fill(7)
  const small = Array.from({ length: 100 }, (_, i) => Uint8Array.of(i))
  const together = pieces([...small, large, ...small, large])
  t.equal(together.length, 4)
  t.ok(Buffer.concat(together).equals(Buffer.concat([...small, large, ...small, large])))
})

t.test('loss history: the mean of the kept rows is the mean of all, in bounded memory, in order', async () => {
  const losses = fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 200 })
  fc.assert(
    fc.property(losses, fc.integer({ min: 2, max: 9 }), (all, most) => {
      const history = lossHistory(most)
      all.forEach((loss, i) => {
        history.add({ images: 4 * (i + 1), loss, validation: i % 10 === 0 ? i : null })
      })
      const rows = history.rows()
      const training = rows.filter((row) => row.loss !== undefined)
      const steps = training.map(({ images }, i) => (images - (training[i - 1]?.images ?? 0)) / 4)
      const sum = training.reduce((s, { loss }, i) => s + (loss ?? Number.NaN) * (steps[i] ?? Number.NaN), 0)
      return (
        training.length <= most &&
        (training.at(-1)?.images ?? 0) === 4 * all.length &&
        steps.every((n) => n >= 1) &&
        Math.abs(sum - all.reduce((a, b) => a + b, 0)) < 1e-6 &&
        rows.filter((row) => row.validation !== undefined).length === Math.ceil(all.length / 10)
      )
    }),
  )
})

// ------------------------------------------------------------------------------------------------ numbers of two bytes
const valuesOf = (dtype: 'F16' | 'BF16', patterns: Uint16Array<ArrayBuffer>): Float32Array | Float64Array => {
  const read = dtypes[dtype].read(new Uint8Array(patterns.buffer))
  return E.isRight(read) ? read.right : new Float32Array()
}
const patternOf = (dtype: 'F16' | 'BF16', x: number): number => {
  const [low = 0, high = 0] = writers[dtype](Float64Array.of(x))
  return low + 256 * high
}

for (const [dtype, infinity] of [
  ['F16', 0x7c00],
  ['BF16', 0x7f80],
] as const) {
  const positive = valuesOf(
    dtype,
    Uint16Array.from({ length: infinity + 1 }, (_, i) => i),
  )
  const at = (i: number): number => positive[i] ?? Number.NaN

  t.test(`${dtype}: every pattern is read exactly, in increasing order, and written as it was`, async (t) => {
    t.ok(positive.every((x, i) => i === 0 || x > at(i - 1)))
    t.equal(at(infinity), Number.POSITIVE_INFINITY)
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((i) => (i & 0x7fff) <= infinity)
    t.strictSame(Buffer.from(writers[dtype](valuesOf(dtype, all))), Buffer.from(all.buffer))
    t.ok(
      valuesOf(
        dtype,
        Uint16Array.from({ length: 100 }, (_, i) => infinity + 1 + i),
      ).every(Number.isNaN),
    )
    t.ok(Number.isNaN(valuesOf(dtype, Uint16Array.of(patternOf(dtype, Number.NaN)))[0]))
  })

  t.test(`${dtype}: a number is written as the nearest, of two that are as near the even one`, async () =>
    fc.assert(
      fc.property(
        fc.nat({ max: infinity - 2 }),
        fc.oneof(
          fc.constantFrom(0, 0.5, 0.5 + 2 ** -40, 0.5 - 2 ** -40, 1),
          fc.double({ min: 0, max: 1, noNaN: true }),
        ),
        fc.boolean(),
        (i, share, negative) => {
          const x = at(i) + (at(i + 1) - at(i)) * share
          const [below, above] = [x - at(i), at(i + 1) - x]
          const nearest = below < above || (below === above && i % 2 === 0) ? i : i + 1
          return patternOf(dtype, negative ? -x : x) === nearest + (negative ? 0x8000 : 0)
        },
      ),
      { numRuns: 400 },
    ),
  )

  t.test(`${dtype}: beyond the largest number by half a step lies infinity`, async (t) => {
    const [last, step] = [at(infinity - 1), at(infinity - 1) - at(infinity - 2)]
    t.equal(patternOf(dtype, last + step * 0.49), infinity - 1)
    t.equal(patternOf(dtype, last + step / 2), infinity)
    t.equal(patternOf(dtype, -1e300), infinity + 0x8000)
  })
}

/** Mutations of bytes, accidental or malicious; positions are fractions of the length. */
import fc from 'fast-check'
import { evenly } from '../../evenly.ts'

export type Change = (bytes: Uint8Array) => Uint8Array

/** A position in the file, half of the time in its first 64 bytes, where headers are. */
const place = fc.tuple(fc.boolean(), fc.nat({ max: 63 }), evenly(0, 1)).map(
  ([early, at, share]) =>
    (length: number): number =>
      Math.min(Math.max(0, length - 1), early ? at : Math.floor(share * length)),
)
/** Lengths from one byte to the whole file. */
const span = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 5000 }))

const spliced = (bytes: Uint8Array, from: number, removed: number, put: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(Math.min(bytes.length, from + removed))])

const patched = (bytes: Uint8Array, at: number, put: Uint8Array): Uint8Array => {
  const out = Uint8Array.from(bytes)
  out.set(put.subarray(0, Math.max(0, out.length - at)), at)
  return out
}

const flip = fc.tuple(place, fc.nat({ max: 7 })).map(
  ([at, bit]): Change =>
    (bytes) => {
      const i = at(bytes.length)
      return patched(
        bytes,
        i,
        Uint8Array.from(bytes.subarray(i, i + 1), (b) => b ^ (1 << bit)),
      )
    },
)
const replace = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(
  ([at, put]): Change =>
    (bytes) =>
      patched(bytes, at(bytes.length), put),
)
const truncate = place.map(
  (at): Change =>
    (bytes) =>
      bytes.subarray(0, at(bytes.length)),
)
const remove = fc.tuple(place, span).map(
  ([at, n]): Change =>
    (bytes) =>
      spliced(bytes, at(bytes.length), n, new Uint8Array()),
)
const insert = fc
  .tuple(
    place,
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      span.map((n) => new Uint8Array(n)),
    ),
  )
  .map(
    ([at, put]): Change =>
      (bytes) =>
        spliced(bytes, at(bytes.length), 0, put),
  )
const duplicate = fc.tuple(place, span, place).map(
  ([from, n, to]): Change =>
    (bytes) => {
      const start = from(bytes.length)
      return spliced(bytes, to(bytes.length), 0, bytes.slice(start, start + n))
    },
)
const swap = fc.tuple(place, place, fc.constantFrom(2, 4, 8)).map(
  ([a, b, width]): Change =>
    (bytes) => {
      const [i, j] = [a(bytes.length), b(bytes.length)]
      const [one, two] = [bytes.slice(i, i + width), bytes.slice(j, j + width)]
      return patched(patched(bytes, i, two), j, one)
    },
)

/** Boundary values of sizes. */
const extremes = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  100_000n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
]
const number = fc
  .tuple(
    place,
    fc.constantFrom(1, 2, 4, 8),
    fc.boolean(),
    fc.oneof(
      fc.constantFrom(...extremes, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    ),
  )
  .map(([at, width, little, value]): Change => {
    const put = new Uint8Array(8)
    const view = new DataView(put.buffer)
    const low = value & (2n ** BigInt(8 * width) - 1n)
    view.setBigUint64(0, low, little)
    return (bytes) => patched(bytes, at(bytes.length), little ? put.subarray(0, width) : put.subarray(8 - width))
  })

const change = fc.oneof(flip, replace, truncate, remove, insert, duplicate, swap, number, number)

/** One to four mutations in sequence. */
export const changes: fc.Arbitrary<Change> = fc
  .oneof(fc.tuple(change), fc.array(change, { minLength: 2, maxLength: 4 }))
  .map(
    (all): Change =>
      (bytes) =>
        all.reduce((changed, change) => change(changed), bytes),
  )

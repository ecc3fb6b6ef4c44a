/**
 * Randomness as data: an immutable key names an endless sequence of random numbers, and keys have numbered children.
 *
 * A key is not a generator: nothing advances, so drawing twice from one key gives the same numbers. Give every use its own
 * child, `fold(key, n)`. Laws: same key, same numbers; the first n of m numbers are the n numbers (`bits`, `uniform`,
 * `normal`, `truncatedNormal`, `bernoulli`); children and draws never share a block.
 */

import * as E from 'fp-ts/lib/Either.js'
import { element } from '../codec/element.ts'
import { threefry } from './threefry.ts'

/** Two words of 32 bits, high word first; JSON represents it exactly. */
export type Key = readonly [number, number]

/** Bits 30 and 31 of a block's high word are its purpose; a number below 2^53 needs bits 0 to 20 only. */
const drawing = 1 << 30

const high = (n: number): number => Math.floor(n / 2 ** 32) >>> 0
const count = (n: number): number => {
  if (Number.isSafeInteger(n) && n >= 0 && n < 2 ** 31) return n
  throw new RangeError(`cannot draw ${n} numbers: expected an integer of at least 0, below 2^31`)
}

/** The root key of a seed; any safe integer, negative ones too, each seed its own key. */
export const key = (seed: number): Key => {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${seed} is not a seed: expected an integer within ±(2^53 - 1)`)
  return [high(seed), seed >>> 0]
}

/** Child number n of a key, 0 <= n < 2^53. */
export const fold = (parent: Key, n: number): Key => {
  if (!Number.isSafeInteger(n) || n < 0)
    throw new RangeError(`${n} does not number a child: expected an integer in [0, 2^53)`)
  const out = new Uint32Array(2)
  threefry(parent[0], parent[1], n >>> 0, high(n), out, 0)
  return [element(out, 0), element(out, 1)]
}

/** The first n children: split(key, n)[i] = fold(key, i). */
export const split = (parent: Key, n: number): readonly Key[] =>
  Array.from({ length: count(n) }, (_, i) => fold(parent, i))

/** A key as 16 hexadecimal digits; parse(text(key)) = key. */
export const text = (k: Key): string => k.map((word) => word.toString(16).padStart(8, '0')).join('')

export const parse = (digits: string): E.Either<string, Key> =>
  /^[0-9a-f]{16}$/.test(digits)
    ? E.right([Number.parseInt(digits.slice(0, 8), 16), Number.parseInt(digits.slice(8), 16)])
    : E.left(`"${digits}" is not a key: expected 16 hexadecimal digits`)

/** n words of 32 uniform bits. */
export const bits = (k: Key, n: number): Uint32Array => {
  const blocks = Math.ceil(count(n) / 2)
  const out = new Uint32Array(2 * blocks)
  for (let i = 0; i < blocks; i++) threefry(k[0], k[1], i, drawing, out, 2 * i)
  return n === out.length ? out : out.slice(0, n)
}

/** n uniform numbers in [0, 1), multiples of 2^-53, each from 53 bits. */
export const uniform = (k: Key, n: number): Float64Array => {
  const words = bits(k, 2 * count(n))
  const out = new Float64Array(n)
  for (let i = 0; i < n; i++)
    out[i] = ((element(words, 2 * i) >>> 5) * 2 ** 26 + (element(words, 2 * i + 1) >>> 6)) / 2 ** 53
  return out
}

/** n standard normal numbers in float64 (Box and Muller, 1958); none exceeds 8.58 in magnitude. */
export const normal = (k: Key, n: number): Float64Array => {
  const even = count(n) + (n % 2)
  const out = uniform(k, even)
  for (let i = 0; i < even; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - element(out, i)))
    const angle = 2 * Math.PI * element(out, i + 1)
    out[i] = radius * Math.cos(angle)
    out[i + 1] = radius * Math.sin(angle)
  }
  return n === even ? out : out.slice(0, n)
}

/** n numbers std z, z standard normal conditioned on |z| <= 2: the key's normals with those outside rejected. */
export const truncatedNormal = (k: Key, n: number, std: number): Float64Array => {
  const enough = (drawn: number): Float64Array => {
    const kept = normal(k, drawn).filter((z) => Math.abs(z) <= 2)
    return kept.length >= n ? kept.slice(0, n) : enough(2 * drawn)
  }
  return enough(Math.ceil(1.1 * count(n)) + 16).map((z) => std * z)
}

/** n zeros and ones, each one with probability p; raising p only turns zeros into ones. */
export const bernoulli = (k: Key, p: number, n: number): Uint8Array =>
  Uint8Array.from(uniform(k, n), (u) => (u < p ? 1 : 0))

/** One integer in [0, below), below < 2^31; uneven by less than below / 2^53. */
export const integer = (k: Key, below: number): number => Math.floor(element(uniform(k, 1), 0) * count(below))

/** A uniformly random permutation of 0 to n - 1 (Fisher and Yates). */
export const permutation = (k: Key, n: number): Uint32Array => {
  const out = Uint32Array.from({ length: count(n) }, (_, i) => i)
  const draws = uniform(k, n)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(element(draws, i) * (i + 1))
    const [a, b] = [element(out, i), element(out, j)]
    out[i] = b
    out[j] = a
  }
  return out
}

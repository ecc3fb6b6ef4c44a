/**
 * Threefry-2x32 with 20 rounds: a keyed bijection of 64-bit blocks, used as a counter-based generator.
 *
 * It is stateless: block `c` under key `k` is `threefry(k, c)`, in any order, on any thread.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC11); Random123's known answers
 * are held in spec/random.
 */
const parity = 0x1bd11bda

/** Four rounds with rotations a, b, c, d on one word; the other word only takes sums. */
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const

/** Writes the two words of block (c0, c1) under key (k0, k1) to out[at] and out[at + 1]. */
export const threefry = (k0: number, k1: number, c0: number, c1: number, out: Uint32Array, at: number): void => {
  const k2 = k0 ^ k1 ^ parity
  let x = (c0 + k0) | 0
  let y = (c1 + k1) | 0
  let [now, next, last] = [k1, k2, k0]
  for (let group = 1; group <= 5; group++) {
    const [a, b, c, d] = group % 2 === 1 ? rotations[0] : rotations[1]
    x = (x + y) | 0
    y = ((y << a) | (y >>> (32 - a))) ^ x
    x = (x + y) | 0
    y = ((y << b) | (y >>> (32 - b))) ^ x
    x = (x + y) | 0
    y = ((y << c) | (y >>> (32 - c))) ^ x
    x = (x + y) | 0
    y = ((y << d) | (y >>> (32 - d))) ^ x
    x = (x + now) | 0
    y = (y + next + group) | 0
    const first = now
    now = next
    next = last
    last = first
  }
  out[at] = x
  out[at + 1] = y
}

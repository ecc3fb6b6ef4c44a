/**
 * The noise of torch.randn on a CPU after torch.manual_seed: a Mersenne twister (Matsumoto and Nishimura 1998, mt19937), whose
 * 24 low bits are a uniform number, and Box and Muller's method on blocks of 16 numbers (ATen, normal_fill).
 */
import { at } from '../../src/tensor/axes.ts'

const [n, m] = [624, 397]

const twister = (seed: number): (() => number) => {
  const state = new Uint32Array(n)
  state[0] = seed
  for (let i = 1; i < n; i++) {
    const before = at(state, i - 1)
    state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i
  }
  let next = n
  return () => {
    if (next === n) {
      for (let i = 0; i < n; i++) {
        const y = (at(state, i) & 0x80000000) | (at(state, (i + 1) % n) & 0x7fffffff)
        state[i] = at(state, (i + m) % n) ^ (y >>> 1) ^ ((y & 1) === 0 ? 0 : 0x9908b0df)
      }
      next = 0
    }
    let y = at(state, next++)
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }
}

/** Each call is one torch.randn of so many numbers, a multiple of 16. */
export const torchRandn = (seed: number): ((size: number) => Float64Array) => {
  const random = twister(seed)
  return (size) => {
    const out = Float64Array.from({ length: size }, () => (random() & 0xffffff) / 2 ** 24)
    for (let i = 0; i < size; i += 16)
      for (let j = i; j < i + 8; j++) {
        const radius = Math.sqrt(-2 * Math.log(1 - at(out, j)))
        const theta = 2 * Math.PI * at(out, j + 8)
        out[j] = radius * Math.cos(theta)
        out[j + 8] = radius * Math.sin(theta)
      }
    return out
  }
}

/**
 * exp, log, tanh and sigmoid on four floats at once: polynomials inlined into the caller, accurate to a few ulps. Results
 * below the smallest normal number are 0, or nearly. NaN stays NaN.
 */
import type { Body } from './wat.ts'

/** a * b + c, fused where the engine has it. */
export type Madd = (a: string, b: string, c: string) => string
export const fused: Madd = (a, b, c) => `(f32x4.relaxed_madd ${a} ${b} ${c})`
export const plain: Madd = (a, b, c) => `(f32x4.add (f32x4.mul ${a} ${b}) ${c})`

/** Horner's rule, highest coefficient first. */
const polynomial = (body: Body, madd: Madd, x: string, coefficients: readonly number[]): string =>
  coefficients
    .slice(1)
    .reduce((sum, c) => body.let('v128', madd(sum, x, body.splat(c))), body.splat(coefficients[0] ?? 0))

/** x clamped to [low, high]; pmin and pmax in this order preserve NaN and are one instruction each. */
const clamp = (body: Body, x: string, low: number, high: number): string =>
  body.let('v128', `(f32x4.pmax (f32x4.pmin ${x} ${body.splat(high)}) ${body.splat(low)})`)

/** 1.5 x 2^23: added to a number of moderate size it leaves the nearest integer in the low bits of the sum. */
const magic = 12582912
/** ln 2 in two parts, the first short enough for its products with small integers to be exact. */
const [ln2High, ln2Low] = [0.693359375, -2.1219444e-4]
/** exp(r) = 1 + r + r^2 p(r) for |r| <= ln 2 / 2, after Cephes' expf. */
const expPolynomial = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
]

/** Below this exp is less than the smallest normal number. */
const expEnd = -87.3365447505531

/** 2^n times a polynomial of the remainder; the power is halved so that 2^128 does not overflow early. */
export const exp = (body: Body, madd: Madd, x: string): string => {
  const v = (value: string): string => body.let('v128', value)
  const c = clamp(body, x, -87.6, 89)
  const t = v(madd(c, body.splat(Math.LOG2E), body.splat(magic)))
  const n = v(`(f32x4.sub ${t} ${body.splat(magic)})`)
  const high = v(madd(n, body.splat(-ln2High), c))
  const r = v(madd(n, body.splat(-ln2Low), high))
  const p = polynomial(body, madd, r, expPolynomial)
  const y = v(`(f32x4.add ${madd(`(f32x4.mul ${r} ${r})`, p, r)} ${body.splat(1)})`)
  // the low bits of t hold n: bias 126 makes it 2^(n-1), and bits of its own the subnormal 2^-127
  const biased = `(i32x4.add (i32x4.shl ${t} (i32.const 23)) ${body.bits(126 << 23)})`
  const power = v(`(i32x4.max_s ${biased} ${body.bits(1 << 22)})`)
  const value = v(`(f32x4.mul (f32x4.mul ${y} ${body.splat(2)}) ${power})`)
  return v(`(v128.andnot ${value} (f32x4.lt ${x} ${body.splat(expEnd)}))`)
}

/** 1 / (1 + 2^n exp(-q)) with x = q - n ln 2: as `exp`, with signs reversed and the last sum fused. */
export const sigmoid = (body: Body, madd: Madd, x: string): string => {
  const v = (value: string): string => body.let('v128', value)
  const one = body.splat(1)
  const c = clamp(body, x, -89, 88)
  const t = v(madd(c, body.splat(-Math.LOG2E), body.splat(magic)))
  const n = v(`(f32x4.sub ${t} ${body.splat(magic)})`)
  const high = v(madd(n, body.splat(ln2High), c))
  const q = v(madd(n, body.splat(ln2Low), high))
  const signed = expPolynomial.map((a, i) => (i % 2 === 0 ? -a : a))
  const y = polynomial(body, madd, q, [...signed, -1, 1])
  const power = v(`(i32x4.add (i32x4.shl ${t} (i32.const 23)) ${body.bits(127 << 23)})`)
  return v(`(f32x4.div ${one} ${madd(y, power, one)})`)
}

/** Up to the first tanh is its argument, from the second on it is 1 with slope 0. */
const [tanhNear, tanhEnd] = [4e-4, 8.35]

/**
 * A rational function of odd degree 13 over even degree 6, as in Eigen; far out it is exactly 1 or -1. NaN stays NaN.
 */
export const tanh = (body: Body, madd: Madd, x: string): string => {
  const c = clamp(body, x, -7.905311107635498, 7.905311107635498)
  const s = body.let('v128', `(f32x4.mul ${c} ${c})`)
  const above = polynomial(
    body,
    madd,
    s,
    [
      -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5,
      6.37261928875436e-4, 4.89352455891786e-3,
    ],
  )
  const below = polynomial(
    body,
    madd,
    s,
    [1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3],
  )
  const inside = body.let('v128', `(f32x4.div (f32x4.mul ${c} ${above}) ${below})`)
  // 1 with the sign of x
  const end = body.let('v128', `(v128.or (v128.and ${x} ${body.bits(1 << 31)}) ${body.splat(1)})`)
  const size = body.let('v128', `(f32x4.abs ${x})`)
  const near = body.let('v128', `(v128.bitselect ${x} ${inside} (f32x4.lt ${size} ${body.splat(tanhNear)}))`)
  return body.let('v128', `(v128.bitselect ${end} ${near} (f32x4.ge ${size} ${body.splat(tanhEnd)}))`)
}

/** After Cephes' logf; log 0 = -Infinity, NaN below 0. */
export const log = (body: Body, madd: Madd, x: string): string => {
  const v = (value: string): string => body.let('v128', value)
  const zero = body.splat(0)
  const tiny = v(`(f32x4.lt ${x} ${body.splat(1.17549435e-38)})`)
  const scaled = v(`(v128.bitselect (f32x4.mul ${x} ${body.splat(8388608)}) ${x} ${tiny})`)
  // mantissa in [sqrt(1/2), sqrt 2) and its exponent
  const shifted = v(`(i32x4.sub ${scaled} ${body.bits(0x3f3504f3)})`)
  const exponent = v(`(f32x4.convert_i32x4_s (i32x4.shr_s ${shifted} (i32.const 23)))`)
  const e = v(`(f32x4.sub ${exponent} (v128.and ${tiny} ${body.splat(23)}))`)
  const m = v(`(i32x4.add (v128.and ${shifted} ${body.bits(0x007fffff)}) ${body.bits(0x3f3504f3)})`)
  const r = v(`(f32x4.sub ${m} ${body.splat(1)})`)
  const z = v(`(f32x4.mul ${r} ${r})`)
  const p = polynomial(
    body,
    madd,
    r,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  )
  const rz = v(`(f32x4.mul ${r} ${z})`)
  const y = v(madd(e, body.splat(-2.1219444e-4), `(f32x4.mul ${rz} ${p})`))
  const half = v(madd(z, body.splat(-0.5), y))
  const value = v(madd(e, body.splat(0.693359375), `(f32x4.add ${r} ${half})`))
  const finite = v(`(v128.bitselect ${value} ${x} (f32x4.lt ${x} ${body.splat(Number.POSITIVE_INFINITY)}))`)
  const positive = v(`(v128.bitselect ${finite} ${body.splat(Number.NaN)} (f32x4.gt ${x} ${zero}))`)
  return v(`(v128.bitselect ${body.splat(Number.NEGATIVE_INFINITY)} ${positive} (f32x4.eq ${x} ${zero}))`)
}

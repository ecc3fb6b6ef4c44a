/**
 * Winograd's minimal filtering F(4x4, 3x3) (Winograd 1980; Lavin and Gray 2016): sixteen outputs of a 3 x 3 convolution
 * from 36 products instead of 144.
 *
 *   Y = A' [(G g G') * (B' d B)] A      d 6 x 6 input, g 3 x 3 kernel, Y 4 x 4 output, * element by element
 *
 * Its adjoints have the same form: the kernel's gradient is G' [(B' d B) * (A dY A')] G. The points are
 * 0, +-1/sqrt 2, +-sqrt 2 and infinity: their small even powers keep the float32 error at two to three times that of
 * direct summation, half of that of the usual 0, +-1, +-2.
 */
export type Matrix = readonly (readonly number[])[]

const r = Math.SQRT2
const transposed = (m: Matrix): Matrix => (m[0] ?? []).map((_, j) => m.map((row) => row[j] ?? 0))

/** Output block size, kernel size, input block size, products per block. */
export const [block, taps, side] = [4, 3, 6]
export const points = side * side

/** B' */
const input: Matrix = [
  [1, 0, -5 / 2, 0, 1, 0],
  [0, -r, -2, r / 2, 1, 0],
  [0, r, -2, -r / 2, 1, 0],
  [0, -r / 2, -1 / 2, r, 1, 0],
  [0, r / 2, -1 / 2, -r, 1, 0],
  [0, 1, 0, -5 / 2, 0, 1],
]
/** G */
const kernel: Matrix = [
  [1, 0, 0],
  [-2 / 3, -r / 3, -1 / 3],
  [-2 / 3, r / 3, -1 / 3],
  [1 / 6, r / 6, 1 / 3],
  [1 / 6, -r / 6, 1 / 3],
  [0, 0, 1],
]
/** A' */
const output: Matrix = [
  [1, 1, 1, 1, 1, 0],
  [0, r / 2, -r / 2, r, -r, 0],
  [0, 1 / 2, 1 / 2, 2, 2, 0],
  [0, r / 4, -r / 4, 2 * r, -2 * r, 1],
]

export const transformNames = ['input', 'kernel', 'output', 'outputAdjoint', 'kernelAdjoint'] as const
export type TransformName = (typeof transformNames)[number]

export const matrices = {
  input,
  kernel,
  output,
  outputAdjoint: transposed(output),
  kernelAdjoint: transposed(kernel),
} as const satisfies Record<TransformName, Matrix>

/** Attention written out in loops over plain numbers: an oracle independent of the engine. */

type Matrix = readonly (readonly number[])[]

/** Row-major numbers as rows. */
export const rows = (values: ArrayLike<number>, width: number): Matrix =>
  Array.from({ length: values.length / width }, (_, i) =>
    Array.from({ length: width }, (_, j) => values[i * width + j] ?? Number.NaN),
  )

/** x W + b. */
export const affine = (x: Matrix, weight: Matrix, bias: ArrayLike<number>): Matrix =>
  x.map((row) =>
    Array.from(bias, (b, j) => row.reduce((sum, value, k) => sum + value * (weight[k]?.[j] ?? Number.NaN), b)),
  )

const softmax = (xs: readonly number[]): readonly number[] => {
  const e = xs.map((x) => Math.exp(x - Math.max(...xs)))
  const total = e.reduce((a, b) => a + b, 0)
  return e.map((x) => x / total)
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0)

/** softmax(q k^T / sqrt(d) + bias) v of one group, head by head; qkv [n, 3c] in the order q, k, v, each heads x d. */
export const attend = (
  qkv: Matrix,
  heads: number,
  bias: (head: number, query: number, key: number) => number,
): Matrix => {
  const d = (qkv[0]?.length ?? 0) / 3 / heads
  const part = (row: readonly number[], which: number, head: number): readonly number[] =>
    row.slice((which * heads + head) * d, (which * heads + head + 1) * d)
  return qkv.map((query, i) =>
    Array.from({ length: heads }, (_, h) => {
      const weights = softmax(
        qkv.map((key, j) => dot(part(query, 0, h), part(key, 1, h)) / Math.sqrt(d) + bias(h, i, j)),
      )
      return Array.from({ length: d }, (_, e) =>
        dot(
          weights,
          qkv.map((value) => part(value, 2, h)[e] ?? Number.NaN),
        ),
      )
    }).flat(),
  )
}

/** The cases of spec/fixtures/inception.json.gz: weights and pictures by the hash of spec/fixtures/inception.py. */
import * as io from 'io-ts'
import { fileSpec } from '../../src/evaluation/inception/weights.ts'
import type { Stored } from '../../src/io/safetensors.ts'
import { leavesOf } from '../../src/nn/index.ts'
import { size } from '../../src/tensor/shape.ts'
import { block, fixture, numbers } from '../fixtures/pytorch.ts'

const divisor = io.union([io.literal(1), io.literal(16)])
const named = <A>(value: io.Type<A>) => io.array(io.tuple([io.string, value]))
const oneCase = io.strict({
  divisor,
  classes: io.number,
  pictures: io.strict({ seed: io.number, shape: numbers }),
  tensors: named(numbers),
  features: block,
  logits: block,
  spatial: block,
  blocks: named(block),
})
export type InceptionCase = io.TypeOf<typeof oneCase>

export const inceptions = fixture(
  'inception.json.gz',
  io.strict({
    resized: io.strict({ from: block, to: block }),
    cases: io.array(oneCase),
  }),
)

/** A function of numbers in [0, 1) by place: the 32-bit hash `lowbias32` of Chris Wellons. */
const hashed = (seed: number, n: number, f: (u: number) => number): Float32Array => {
  const out = new Float32Array(n)
  const start = Math.imul(seed, 0x9e3779b9)
  for (let i = 0; i < n; i++) {
    let x = (i + start) | 0
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
    out[i] = f(((x ^ (x >>> 16)) >>> 0) / 2 ** 32)
  }
  return out
}
const kinds: Readonly<Record<string, (u: number) => number>> = {
  'bn.weight': (u) => 0.8 + 0.4 * u,
  'bn.bias': (u) => 0.4 * u - 0.2,
  'bn.running_mean': (u) => 0.4 * u - 0.2,
  'bn.running_var': (u) => 0.75 + 0.5 * u,
  'fc.bias': (u) => u - 0.5,
}

/** The tensors of the file of a case. */
export const weightsOf = (c: InceptionCase): ReadonlyMap<string, Stored<'F32'>> =>
  new Map(
    leavesOf(fileSpec(c)).map(({ name, parameter }, seed) => {
      const { shape } = parameter.file
      const bound = Math.sqrt(6 / size(shape.slice(1)))
      const [, kind = (u: number) => bound * (2 * u - 1)] =
        Object.entries(kinds).find(([end]) => name.endsWith(end)) ?? []
      return [name, { dtype: 'F32', shape, values: hashed(seed, size(shape), kind) }]
    }),
  )

/** The pictures of a case, [n, s, s, c] in [-1, 1]. */
export const picturesOf = ({ pictures: { seed, shape } }: InceptionCase): Float32Array =>
  hashed(seed, size(shape), (u) => Math.floor(256 * u) / 127.5 - 1)

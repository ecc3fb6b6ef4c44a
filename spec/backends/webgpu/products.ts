/**
 * Every distinct shape of product in the training steps of the presets, at batch 1, on an adapter: each against sums in
 * float64, in a sample of its results. `node spec/backends/webgpu/products.ts` runs all of them (minutes on SwiftShader).
 */
import { webgpuBackend } from '../../../backends/webgpu/index.ts'
import type { Contract, Nest } from '../../../src/plan/kernel.ts'
import { rangeOf } from '../../../src/plan/loop.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { key, normal } from '../../../src/random/key.ts'
import { at } from '../../../src/tensor/axes.ts'
import { constant } from '../../../src/tensor/expression.ts'
import { size } from '../../../src/tensor/shape.ts'
import { trainableOfPreset } from './presets.ts'

/** Products of different loops. */
export const distinctProducts = (): readonly Contract[] => {
  const all = (['image-s', 'latent-s', 'emoji32'] as const).flatMap((name) =>
    trainableOfPreset(name, 1)
      .plan()
      .regions.flatMap((r) => r.kernels)
      .filter((k) => k.kind === 'contract'),
  )
  return [...new Map(all.map((k) => [JSON.stringify([k.axes, k.outer]), k])).values()]
}

/** A product of whole arrays: `batch` of [m, k] and [k, n]; `turned` ones lie the other way round in memory. */
const product = (batch: number, m: number, n: number, k: number, turned: boolean): Contract => {
  const [ofM, ofN] = [turned ? 1 : k, turned ? k : 1]
  const [aOfK, bOfK] = [turned ? m : 1, turned ? 1 : n]
  return {
    kind: 'contract',
    name: `${batch} x ${m} x ${n} x ${k}${turned ? ', turned' : ''}`,
    outer: 1,
    axes: [
      { role: 'batch', size: batch, a: m * k, b: k * n, c: m * n },
      { role: 'm', size: m, a: ofM, b: 0, c: n },
      { role: 'n', size: n, a: 0, b: ofN, c: 1 },
      { role: 'k', size: k, a: aOfK, b: bOfK, c: 0 },
    ],
    a: { buffer: 0, offset: 0 },
    b: { buffer: 1, offset: 0 },
    c: { buffer: 2, offset: 0 },
  }
}

/** Products that end inside of a tile, of a vector and of a few terms, and whose terms are several blocks and a rest. */
export const oddProducts: readonly Contract[] = [
  product(1, 101, 108, 301, false),
  product(1, 66, 107, 601, true),
  product(5, 33, 36, 530, false),
  product(5, 38, 33, 522, true),
]

type Which = 'a' | 'b' | 'c'

const extent = ({ axes }: Contract, which: Which): readonly [low: number, high: number] =>
  rangeOf(
    0,
    axes.map((x) => [x.size, x[which]]),
  )

/** A kernel of so many rows that a product can share its workgroups with. */
const neighbour = (rows: number, buffer: number): Nest => ({
  kind: 'nest',
  name: 'neighbour',
  outer: [rows],
  kept: [],
  reduced: [],
  fold: null,
  expression: constant(1),
  loads: [],
  store: { buffer, offset: 0, strides: [1] },
})

/**
 * One product as a plan: operands are inputs, and c is a state that is filled with a marker before.
 * @param shared whether it shares its workgroups with another kernel, as in a region; large ones are cut out of it
 */
const planOfProduct = (product: Contract, shared: boolean): Plan => {
  const sizes = (['a', 'b', 'c'] as const).map((which) => {
    const [low, high] = extent(product, which)
    return { size: high - low + 1, offset: -low }
  })
  const operand = (buffer: number) => ({ buffer, offset: at(sizes, buffer).offset })
  const kernel: Contract = { ...product, a: operand(0), b: operand(1), c: operand(2) }
  const inputs = ['a', 'b', 'c'].map((name, buffer) => ({ name, buffer, shape: [at(sizes, buffer).size] }))
  const extentOf = size(product.axes.slice(0, product.outer).map((x) => x.size))
  return {
    buffers: [...sizes.map((s, i) => ({ name: at(['a', 'b', 'c'], i), size: s.size })), { name: 'd', size: extentOf }],
    inputs,
    ignored: [],
    constants: [],
    outputs: [],
    state: ['c'],
    regions: [{ name: product.name, extent: extentOf, kernels: shared ? [kernel, neighbour(extentOf, 3)] : [kernel] }],
    lifetimes: [null, null, null, [0, 0]],
  }
}

/** Results that are checked of each. */
const sampled = 200
const marker = 1234.5

/** The largest error, relative to the sum of the terms' sizes; infinite if something else was written, or something not. */
export const errorOf = async (product: Contract, shared: boolean): Promise<number> => {
  const plan = planOfProduct(product, shared)
  const [kernel] = plan.regions.flatMap((r) => r.kernels)
  if (kernel?.kind !== 'contract') throw new Error('the plan has no product')
  const [a, b] = [0, 1].map((i) => Float32Array.from(normal(key(i), at(plan.buffers, i).size)))
  if (a === undefined || b === undefined) throw new Error('the product has no operands')
  const executable = await webgpuBackend().compile(plan)
  try {
    await executable.write({ a, b, c: new Float32Array(at(plan.buffers, 2).size).fill(marker) })
    await executable.run({})
    const { c } = await executable.read(['c'])
    if (c === undefined) return Number.POSITIVE_INFINITY
    const stored = kernel.axes.filter((x) => x.role !== 'k')
    const results = size(stored.map((x) => x.size))
    const left = Array.from(c).filter((x) => x === marker).length
    if (c.length - left !== results) return Number.POSITIVE_INFINITY
    return worst(kernel, { a, b, c })
  } finally {
    await executable.dispose()
  }
}

type Arrays = Readonly<Record<Which, Float32Array | Float64Array>>

const worst = (kernel: Contract, arrays: Arrays): number => {
  const stored = kernel.axes.filter((x) => x.role !== 'k')
  const terms = kernel.axes.filter((x) => x.role === 'k')
  const results = size(stored.map((x) => x.size))
  const count = size(terms.map((x) => x.size))
  /** The place of an operand's element at an index of each kind. */
  const placeOf = (which: Which, result: number, term: number): number => {
    let [place, r, k] = [kernel[which].offset, result, term]
    for (const x of stored.toReversed()) {
      place += (r % x.size) * x[which]
      r = Math.floor(r / x.size)
    }
    for (const x of terms.toReversed()) {
      place += (k % x.size) * x[which]
      k = Math.floor(k / x.size)
    }
    return place
  }
  let most = 0
  for (let s = 0; s < Math.min(sampled, results); s++) {
    const result = results <= sampled ? s : Math.floor(((s + 0.5) * results) / sampled)
    let [sum, sizes] = [0, 0]
    for (let k = 0; k < count; k++) {
      const term = (arrays.a[placeOf('a', result, k)] ?? Number.NaN) * (arrays.b[placeOf('b', result, k)] ?? Number.NaN)
      sum += term
      sizes += Math.abs(term)
    }
    const found = arrays.c[placeOf('c', result, 0)] ?? Number.NaN
    const error = Math.abs(found - sum) / Math.max(sizes, 1e-30)
    most = error <= most ? most : Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  }
  return most
}

/** Multiply-adds. */
export const workOf = ({ axes }: Contract): number => size(axes.map((x) => x.size))

if (import.meta.main) {
  const all = [...oddProducts, ...distinctProducts()]
  let most = 0
  for (const [i, product] of all.entries()) {
    const error = Math.max(await errorOf(product, false), await errorOf(product, true))
    most = Math.max(most, error)
    console.log(
      `${i + 1} of ${all.length}: ${product.name}, ${workOf(product)} multiply-adds, error ${error.toExponential(1)}`,
    )
  }
  console.log(`largest error ${most.toExponential(1)} of the sum of the sizes of terms`)
}

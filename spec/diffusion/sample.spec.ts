/** Sampling and validation worked out by hand: EDM's Algorithm 1 and classifier-free guidance in plain numbers. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import { smoothL1 } from '../../src/diffusion/loss/smoothL1.ts'
import type { CompiledNetwork } from '../../src/diffusion/network.ts'
import type { NoisedImage } from '../../src/diffusion/noise/noised.ts'
import { edm } from '../../src/diffusion/process/edm.ts'
import { sample } from '../../src/diffusion/sample.ts'
import { heun } from '../../src/diffusion/sampler/heun.ts'
import { karras } from '../../src/diffusion/schedule/karras.ts'
import { edmRange } from '../../src/diffusion/schedule/schedule.ts'
import { forward } from '../../src/diffusion/task.ts'
import { meanLoss } from '../../src/diffusion/validation.ts'
import { compile } from '../../src/lower/compile.ts'
import { init } from '../../src/nn/spec.ts'
import { fold, key, normal } from '../../src/random/key.ts'
import {
  answer,
  channels,
  classes,
  denoised,
  elements,
  line,
  type Six,
  side,
  sigmaData,
  sixOf,
  table1,
} from '../train/line.ts'

const theta = init(line.spec)(key(4))
const six = sixOf(theta)

const compiledNetwork = async (): Promise<CompiledNetwork> => {
  const shapes = { batch: 2, size: side, channels, classes }
  const executable = await compile(cpu)(forward(line, shapes))
  await executable.write({ theta })
  return { ...shapes, executable, process: edm(sigmaData) }
}

/** EDM's levels (Eq. 5) with rho 7, from 80 to 0.002, then 0. */
const levels = (steps: number): readonly number[] => [
  ...Array.from({ length: steps }, (_, i) => {
    const [high, low] = [80 ** (1 / 7), 0.002 ** (1 / 7)]
    return (high + (i / (steps - 1)) * (low - high)) ** 7
  }),
  0,
]

/** D = D_u + w (D_c - D_u): the farther from the answer without a label, the larger w. */
const guided = (p: Six, x: number, sigma: number, label: number | null, w: number): number => {
  const [open, conditional] = [denoised(p, x, sigma, null), denoised(p, x, sigma, label)]
  return open + w * (conditional - open)
}

/** Algorithm 1 without churn, one element: each depends on itself only here. */
const sampledByHand = (start: number, steps: number, label: number | null, w: number): number => {
  const all = levels(steps)
  return all.slice(1).reduce(
    (x, next, i) => {
      const at = all[i] ?? Number.NaN
      const d = (x - guided(six, x, at, label, w)) / at
      const euler = x + (next - at) * d
      if (next === 0) return euler
      return x + ((next - at) * (d + (euler - guided(six, euler, next, label, w)) / next)) / 2
    },
    start * (all[0] ?? Number.NaN),
  )
}

t.test('samples written out: own noise, Heun from 80 to 0, guided away from the unconditional output', async (t) => {
  const network = await compiledNetwork()
  const requests = [0, 1].flatMap((label) => [0, 3].map((index) => ({ label, index })))
  for (const [steps, guidance] of [
    [5, 1],
    [5, 2.5],
    [8, 0.4],
  ] as const) {
    const pictures = await sample(network, { sampler: heun(), levels: karras.levels(steps, edmRange), guidance })(
      key(5),
      requests,
    )
    t.equal(pictures.length, requests.length)
    for (const [i, { label, index }] of requests.entries()) {
      const noise = normal(fold(fold(key(5), label + 1), index), elements)
      const expected = Float64Array.from(noise, (n) => sampledByHand(n, steps, label, guidance))
      const worst = Math.max(...expected.map((v, j) => Math.abs(v - (pictures[i]?.[j] ?? Number.NaN))))
      t.ok(worst <= 1e-9 * Math.max(...expected.map(Math.abs)), `guidance ${guidance}, class ${label}: off by ${worst}`)
    }
  }
  await network.executable.dispose()
})

t.test('an image without a class is unconditional, whatever the guidance', async (t) => {
  const network = await compiledNetwork()
  const [picture] = await sample(network, { sampler: heun(), levels: karras.levels(5, edmRange), guidance: 3 })(
    key(5),
    [{ label: null, index: 2 }],
  )
  const expected = Float64Array.from(normal(fold(fold(key(5), 0), 2), elements), (n) => sampledByHand(n, 5, null, 1))
  t.ok(Math.max(...expected.map((v, j) => Math.abs(v - (picture?.[j] ?? Number.NaN)))) < 1e-9)
  await network.executable.dispose()
})

t.test('the validation loss written out, with a last batch that is not full', async (t) => {
  const network = await compiledNetwork()
  const shown: readonly NoisedImage[] = [0.02, 0.3, 5].map((sigma, i) => ({
    image: normal(key(20 + i), elements),
    noise: normal(key(30 + i), elements),
    sigma,
    label: [0, 1, null][i] ?? null,
  }))
  const errors = shown.flatMap(({ image, noise, sigma, label }) => {
    const { cSkip, cOut, cIn, cNoise } = table1(sigma)
    return Array.from(image, (y, i) => {
      const x = y + sigma * (noise[i] ?? Number.NaN)
      return answer(six, cIn * x, cNoise, label) - (y - cSkip * x) / cOut
    })
  })
  const mean = (f: (e: number) => number): number => errors.reduce((sum, e) => sum + f(e), 0) / errors.length
  const huber = (e: number): number => (Math.abs(e) < 1 ? (e * e) / 2 : Math.abs(e) - 1 / 2)
  t.ok(Math.abs((await meanLoss(network, mse)(shown)) / mean((e) => e * e) - 1) < 1e-9)
  t.ok(Math.abs((await meanLoss(network, smoothL1)(shown)) / mean(huber) - 1) < 1e-9)
  t.ok(errors.some((e) => Math.abs(e) > 1) && errors.some((e) => Math.abs(e) < 1), 'on both sides of the bend')
  await network.executable.dispose()
})

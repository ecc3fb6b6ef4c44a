/**
 * The deterministic loops of diffusers' own tests, to the tolerance that they have there. The source of each number is the file
 * and the test named beside it, in huggingface/diffusers.
 */
import t from 'tap'
import { edm } from '../../src/diffusion/process/edm.ts'
import { ddim } from '../../src/diffusion/sampler/ddim.ts'
import { ddpm } from '../../src/diffusion/sampler/ddpm.ts'
import { dpmpp2m } from '../../src/diffusion/sampler/dpmpp2m.ts'
import { clipped, estimating, thresholded } from '../../src/diffusion/sampler/estimate.ts'
import { euler } from '../../src/diffusion/sampler/euler.ts'
import { freshNoise } from '../../src/diffusion/sampler/freshNoise.ts'
import { heun } from '../../src/diffusion/sampler/heun.ts'
import { type Denoise, type Sampler, startingAt } from '../../src/diffusion/sampler/sampler.ts'
import { unipc } from '../../src/diffusion/sampler/unipc.ts'
import { exponential } from '../../src/diffusion/schedule/exponential.ts'
import { karras } from '../../src/diffusion/schedule/karras.ts'
import { edmRange } from '../../src/diffusion/schedule/schedule.ts'
import { key } from '../../src/random/key.ts'
import { at, range } from '../../src/tensor/axes.ts'
import {
  absoluteSum,
  alphaBars,
  denoiserOf,
  fullLoop,
  images,
  interpolated,
  type Loop,
  linspace,
  model,
  noisedSample,
  type Prediction,
  sample,
  sigmaOf,
  timeOf,
} from './dummy.ts'
import { torchRandn } from './torchNoise.ts'

const clip = (denoise: Denoise): Denoise => estimating(denoise, clipped, images)
const bars = alphaBars(1000)
const sigmas = bars.map(sigmaOf)
const levelsAt = (times: readonly number[]): readonly number[] => times.map((t) => at(sigmas, t))

/** The sum of absolute values to 1e-2, and their mean to 1e-3 where the test gives that alone. */
const isSum = (
  t: { readonly ok: (found: boolean, message: string) => unknown },
  x: Float64Array,
  sum: number,
  test: string,
  tolerance = 1e-2,
) => t.ok(Math.abs(absoluteSum(x) - sum) < tolerance, `${test}: ${absoluteSum(x)} is ${sum}`)
const isMean = (
  t: { readonly ok: (found: boolean, message: string) => unknown },
  x: Float64Array,
  mean: number,
  test: string,
) => t.ok(Math.abs(absoluteSum(x) / x.length - mean) < 1e-3, `${test}: ${absoluteSum(x) / x.length} is ${mean}`)

// ---------------------------------------------------------------------------- tests/schedulers/test_scheduler_ddim.py
// 10 steps, leading: 900, 800, ..., 0, then alpha-bar 1; clip_sample
t.test('ddim', async (t) => {
  const times = range(10).map((i) => 100 * (9 - i))
  const loop = (o: Partial<Loop>) =>
    fullLoop({ sampler: ddim(), times, levels: [...levelsAt(times), 0], changed: clip, ...o })
  isSum(t, await loop({}), 172.0067, 'test_full_loop_no_noise')
  isSum(t, await loop({ prediction: 'v_prediction' }), 52.5302, 'test_full_loop_with_v_prediction')
  // beta_start 0.01
  const other = alphaBars(1000, 0.01).map(sigmaOf)
  const levels = times.map((t) => at(other, t))
  isSum(t, await loop({ levels: [...levels, 0] }), 149.8295, 'test_full_loop_with_set_alpha_to_one')
  // the last alpha-bar is that of timestep 0 again, from where a step of no length changes nothing
  isSum(t, await loop({ levels }), 149.0784, 'test_full_loop_with_no_set_alpha_to_one')
  // t_start 8
  const late = levelsAt([100, 0])
  isSum(
    t,
    await loop({ times: [100, 0], levels: [...late, 0], start: noisedSample(at(late, 0)) }),
    354.5418,
    'test_full_loop_with_noise',
  )
})

/** The variance of a step's noise, for variance-preserving x, from the noise that it added. */
const varianceOf = async (sampler: Sampler, s: number, to: number): Promise<number> => {
  const [keys, zero] = [[key(0)], Float64Array.of(0)]
  const levels = levelsAt([s, to])
  const [added] = await sampler.run(async () => ({ denoised: zero }), levels, keys)(zero)
  const [n] = freshNoise({ keys, index: 0 }, 1)
  return ((added ?? Number.NaN) / (n ?? Number.NaN)) ** 2 / (1 + at(levels, 1) ** 2)
}

t.test('ddim and ddpm: variances', async (t) => {
  for (const [s, to, variance] of [
    [420, 400, 0.14771],
    [980, 960, 0.3246],
    [487, 486, 0.00979],
    [999, 998, 0.02],
  ] as const)
    for (const sampler of [ddim({ eta: 1 }), ddpm()])
      t.ok(Math.abs((await varianceOf(sampler, s, to)) - variance) < 1e-5, `test_variance: ${s} to ${to}`)
})

// ---------------------------------------------------------------------------- tests/schedulers/test_scheduler_ddpm.py
/** As torch.manual_seed(0) draws it: a step's own noise is taken out again, and torch's put in its place. */
const ddpmLoop = async (
  times: readonly number[],
  start: Float64Array,
  prediction: Prediction,
): Promise<Float64Array> => {
  const [randn, keys] = [torchRandn(0), [key(0)]]
  const denoise = clip(denoiserOf(sigmas, range(1000), prediction))
  const own = freshNoise({ keys, index: 0 }, start.length)
  let x = startingAt([Math.sqrt(1 + at(sigmas, at(times, 0)) ** 2)], start)
  for (const t of times) {
    const to = t === 0 ? 0 : at(sigmas, t - 1)
    x = await ddpm().run(denoise, [at(sigmas, t), to], keys)(x)
    if (t === 0) continue
    // fixed_small: (1 - alpha-bar_{t-1}) / (1 - alpha-bar_t) beta_t
    const [now, before] = [at(bars, t), at(bars, t - 1)]
    const std = Math.sqrt((((1 - before) / (1 - now)) * (1 - now / before)) / before)
    const theirs = randn(x.length)
    x = x.map((v, i) => v + std * (at(theirs, i) - at(own, i)))
  }
  return x
}

t.test('ddpm', async (t) => {
  const all = range(1000).map((i) => 999 - i)
  isSum(t, await ddpmLoop(all, sample, 'epsilon'), 258.9606, 'test_full_loop_no_noise')
  isSum(t, await ddpmLoop(all, sample, 'v_prediction'), 202.0296, 'test_full_loop_with_v_prediction')
  // test_full_loop_with_noise, of the steps 1 and 0, is left out: its 387.9466 is float32's rounding of 1 - alpha-bar_1 /
  // alpha-bar_0 = 1.2e-4, and the same lines in float64 give 387.967
})

// ----------------------------------------------------------------------- tests/schedulers/test_scheduler_dpm_multi.py
// 10 steps, linspace, midpoint, final_sigmas_type sigma_min, lower_order_final False
t.test('dpmpp-2m', async (t) => {
  const times = linspace(999, 10)
  const sampler = dpmpp2m({ lowerOrderFinal: false })
  const loop = (o: Partial<Loop>) => fullLoop({ sampler, times, levels: [...levelsAt(times), at(sigmas, 0)], ...o })
  isMean(t, await loop({}), 0.3301, 'test_full_loop_no_noise')
  isMean(t, await loop({ prediction: 'v_prediction' }), 0.2251, 'test_full_loop_with_v_prediction')
  // torch.clamp(s, min=1, max=0.5) is 0.5
  const threshold = thresholded({ percentile: 0.87, max: 0.5 })
  const changed = (denoise: Denoise): Denoise => estimating(denoise, threshold, images)
  isMean(t, await loop({ changed }), 1.1364, 'test_full_loop_no_noise_thres')
  // t_start 5
  const late = times.slice(5)
  const levels = [...levelsAt(late), at(sigmas, 0)]
  isSum(
    t,
    await loop({ times: late, levels, start: noisedSample(at(levels, 0)) }),
    318.4111,
    'test_full_loop_with_noise',
  )
  // both end at the lowest level twice, and a step of no length changes nothing
  const whole = { sigmaMin: at(sigmas, 0), sigmaMax: at(sigmas, 999) }
  for (const [schedule, mean, test] of [
    [karras, 0.2096, 'test_full_loop_with_karras_and_v_prediction'],
    [exponential, 0.1554, 'test_full_loop_with_lu_and_v_prediction'],
  ] as const) {
    const levels = schedule.levels(10, whole).slice(0, -1)
    const times = levels.map((sigma) => Math.round(timeOf(sigmas, sigma)))
    isMean(t, await loop({ levels, times, prediction: 'v_prediction' }), mean, test)
  }
})

// --------------------------------------------------------------------------- tests/schedulers/test_scheduler_unipc.py
// 10 steps, linspace, bh2, order 2, final_sigmas_type sigma_min, lower_order_final True
t.test('unipc', async (t) => {
  const times = linspace(999, 10)
  const loop = (o: Partial<Loop>) =>
    fullLoop({ sampler: unipc(), times, levels: [...levelsAt(times), at(sigmas, 0)], ...o })
  isMean(t, await loop({}), 0.2464, 'test_full_loop_no_noise')
  isMean(t, await loop({ prediction: 'v_prediction' }), 0.1014, 'test_full_loop_with_v_prediction')
  const late = times.slice(8)
  const levels = [...levelsAt(late), at(sigmas, 0)]
  isSum(
    t,
    await loop({ times: late, levels, start: noisedSample(at(levels, 0)) }),
    315.5757,
    'test_full_loop_with_noise',
  )
  // the lowest level comes twice there: a step of no length, which starts from the corrected state
  const ten = karras.levels(10, { sigmaMin: at(sigmas, 0), sigmaMax: at(sigmas, 999) }).slice(0, -1)
  const own = {
    levels: [...ten, at(ten, 9) * (1 - 1e-9)],
    times: ten.map((sigma) => Math.round(timeOf(sigmas, sigma))),
  }
  isMean(t, await loop(own), 0.2925, 'test_full_loop_with_karras')
  isMean(t, await loop({ ...own, prediction: 'v_prediction' }), 0.1966, 'test_full_loop_with_karras_and_v_prediction')
})

// -------------------------------------- tests/schedulers/test_scheduler_euler.py and tests/schedulers/test_scheduler_heun.py
/**
 * 10 steps of 1100 timesteps, linspace. These loops go on from the model's scaled input, x / sqrt(sigma^2 + 1), in every call, so each
 * step is run by itself; the second call of Heun's scales again, and its slope is that of the scaled input.
 */
const scaledLoop = async (sampler: Sampler, isKarras: boolean, prediction: Prediction): Promise<Float64Array> => {
  const all = alphaBars(1100).map(sigmaOf)
  const even = range(10).map((i) => (1099 * (9 - i)) / 9)
  const interpolatedLevels = even.map((t) => interpolated(all, t))
  const range10 = { sigmaMin: at(interpolatedLevels, 9), sigmaMax: at(interpolatedLevels, 0) }
  const levels = isKarras ? karras.levels(10, range10) : [...interpolatedLevels, 0]
  const times = isKarras ? levels.slice(0, -1).map((sigma) => timeOf(all, sigma)) : even
  const scaleAt = (sigma: number): number => 1 / Math.sqrt(1 + sigma ** 2)
  let x = startingAt(levels, sample)
  for (const i of range(10)) {
    const [s, to] = [at(levels, i), at(levels, i + 1)]
    const denoise: Denoise = async (x, sigma) => {
      // the first call is given the scaled input
      const [t, scale] = [at(times, levels.indexOf(sigma)), sigma === s ? 1 : scaleAt(sigma)]
      const denoised = x.map((v) => {
        const answer = model(scale * v, t)
        if (prediction === 'epsilon') return v - sigma * answer
        // the slope (input - D(input)) / sigma, from v
        const slope = (scale * v - (scaleAt(sigma) ** 2 * scale * v - sigma * scaleAt(sigma) * answer)) / sigma
        return v - sigma * slope
      })
      return { denoised }
    }
    x = await sampler.run(denoise, [s, to], [key(0)])(x.map((v) => v * scaleAt(s)))
  }
  return x
}

t.test('euler', async (t) => {
  isSum(t, await scaledLoop(euler(), false, 'epsilon'), 10.0807, 'test_full_loop_no_noise')
  isSum(t, await scaledLoop(euler(), false, 'v_prediction'), 0.0002, 'test_full_loop_with_v_prediction')
  isSum(t, await scaledLoop(euler(), true, 'epsilon'), 124.52299, 'test_full_loop_device_karras_sigmas')
})

t.test('heun', async (t) => {
  isSum(t, await scaledLoop(heun(), false, 'epsilon'), 0.1233, 'test_full_loop_no_noise', 1e-4)
  isSum(t, await scaledLoop(heun(), false, 'v_prediction'), 4.6934e-7, 'test_full_loop_with_v_prediction', 1e-7)
  isSum(t, await scaledLoop(heun(), true, 'epsilon'), 0.00015, 'test_full_loop_device_karras_sigmas', 1e-5)
})

// ------------- tests/schedulers/test_scheduler_edm_euler.py and tests/schedulers/test_scheduler_edm_dpmsolver_multistep.py
/** EDM's process around the model, whose input is scaled or, as the second file has it, not. */
const edmDenoiser =
  (isScaled: boolean): Denoise =>
  async (x, sigma) => {
    const { noising, denoised, time } = edm(0.5)
    const [{ image: scale }, { skip, out }] = [noising(sigma), denoised(sigma)]
    return { denoised: x.map((v) => skip * v + out * model(isScaled ? scale * v : v, time(sigma))) }
  }

t.test('euler in the frame of EDM', async (t) => {
  const levels = karras.levels(10, edmRange)
  // init_noise_sigma is sqrt(sigma_max^2 + 1)
  const start = startingAt([Math.sqrt(edmRange.sigmaMax ** 2 + 1)], sample)
  const x = await euler().run(edmDenoiser(true), levels, [key(0)])(start)
  isSum(t, x, 34.1855, 'test_full_loop_no_noise', 1e-3)
})

t.test('dpmpp-2m in the frame of EDM', async (t) => {
  // the lowest level comes twice there
  const levels = karras.levels(10, edmRange).slice(0, -1)
  const run = (levels: readonly number[], x: Float64Array) =>
    dpmpp2m({ lowerOrderFinal: false }).run(edmDenoiser(false), levels, [key(0)])(x)
  isMean(t, await run(levels, sample), 0.0001, 'test_full_loop_no_noise')
  const late = levels.slice(5)
  const noised = startingAt([Math.sqrt(1 + at(late, 0) ** 2)], noisedSample(at(late, 0)))
  isSum(t, await run(late, noised), 8.1661, 'test_full_loop_with_noise')
})

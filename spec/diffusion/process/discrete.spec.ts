/** The discrete process by numbers worked out by hand, and by numbers that others have published. */
import t, { type Test } from 'tap'
import { element } from '../../../src/codec/element.ts'
import { alphaBars, sigmasOf } from '../../../src/diffusion/process/betas/betaSchedule.ts'
import { cosineBetas } from '../../../src/diffusion/process/betas/cosineBetas.ts'
import { linearBetas } from '../../../src/diffusion/process/betas/linearBetas.ts'
import { scaledLinearBetas } from '../../../src/diffusion/process/betas/scaledLinearBetas.ts'
import { sigmoidBetas } from '../../../src/diffusion/process/betas/sigmoidBetas.ts'
import { discrete } from '../../../src/diffusion/process/discrete.ts'
import { posterior } from '../../../src/diffusion/process/posterior.ts'
import { defaultProcessSettings, type Process } from '../../../src/diffusion/process/process.ts'
import { schedules } from '../../../src/diffusion/schedule/schedules.ts'

const near = (t: Test, found: number, expected: number, by = 1e-12): void => {
  t.ok(Math.abs(found - expected) <= by * Math.abs(expected), `${found}, expected ${expected}`)
}

t.test('linear: alpha-bar of the first timesteps is the product of what they leave', (t) => {
  const betas = linearBetas.betas(1000)
  const second = 0.0001 + 0.0199 / 999
  t.equal(betas[0], 0.0001)
  near(t, element(betas, 1), second)
  t.equal(betas[999], 0.02)
  const bars = alphaBars(betas)
  // timestep 0 is noised by beta_0 already: 0.9999, not 1
  t.equal(bars[0], 0.9999)
  near(t, element(bars, 1), 0.9999 * (1 - second))
  near(t, element(sigmasOf(betas), 0), Math.sqrt(0.0001 / 0.9999))
  // another T has the betas of 1000 / T timesteps at once
  near(t, element(linearBetas.betas(250), 0), 0.0004)
  near(t, element(linearBetas.betas(250), 249), 0.08)
  t.equal(linearBetas.betas(10)[9], 0.999)
  t.end()
})

t.test('the others by hand', (t) => {
  near(t, element(scaledLinearBetas.betas(1000), 0), 0.00085)
  near(t, element(scaledLinearBetas.betas(1000), 999), 0.012)
  near(
    t,
    element(scaledLinearBetas.betas(3), 1),
    Math.min(0.999, (1000 / 3) * ((Math.sqrt(0.00085) + Math.sqrt(0.012)) / 2) ** 2),
  )
  // cosine of T = 2: f(1/2) / f(0), and f(1) / f(1/2) = 0, which is cut
  const f = (u: number): number => Math.cos(((u + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  near(t, element(cosineBetas.betas(2), 0), 1 - f(0.5) / f(0))
  t.equal(cosineBetas.betas(2)[1], 0.999)
  // a sigmoid is odd about its middle, where half of the image is left
  near(t, element(alphaBars(sigmoidBetas.betas(2)), 0), 0.5)
  const s = (x: number): number => 1 / (1 + Math.exp(-x))
  near(t, element(alphaBars(sigmoidBetas.betas(4)), 0), (s(3) - s(-1.5)) / (s(3) - s(-3)))
  t.end()
})

t.test('published: the noise levels of Stable Diffusion, and the last one of a cosine schedule', (t) => {
  // k-diffusion's wrapper of Stable Diffusion 1.5: sigma_min 0.0291675, sigma_max 14.614642, computed in float32
  const sigmas = sigmasOf(scaledLinearBetas.betas(1000))
  near(t, element(sigmas, 0), 0.0291675, 1e-4)
  near(t, element(sigmas, 999), 14.614642, 1e-6)
  t.end()
})

t.test('published: variances of huggingface/diffusers, tests/schedulers/test_scheduler_ddim.py, test_variance', (t) => {
  const sigmas = sigmasOf(linearBetas.betas(1000))
  for (const [from, to, variance] of [
    [420, 400, 0.14771],
    [980, 960, 0.3246],
    [487, 486, 0.00979],
    [999, 998, 0.02],
  ] as const)
    t.ok(Math.abs(posterior(element(sigmas, from), element(sigmas, to)).variance - variance) < 1e-5, `${from}, ${to}`)
  t.end()
})

const timestepsOf = (name: keyof typeof schedules, steps: number, { range, time }: Process): readonly number[] =>
  schedules[name].levels(steps, range).slice(0, -1).map(time)

t.test('timesteps of schedules: those of diffusers and of ADM', (t) => {
  const process = discrete(defaultProcessSettings)
  // test_steps_offset of the same file has 801, 601, 401, 201, 1 with an offset of 1
  t.strictSame(timestepsOf('leading', 5, process), [800, 600, 400, 200, 0])
  // numpy.linspace(0, 999, 5).round()
  t.strictSame(timestepsOf('linspace', 5, process), [999, 749, 500, 250, 0])
  // numpy.round(numpy.arange(1000, 0, -200)) - 1
  t.strictSame(timestepsOf('trailing', 5, process), [999, 799, 599, 399, 199])
  // numpy.round(numpy.arange(10, 0, -10 / 4)) - 1: 7.5 is rounded to 8, 2.5 to 2
  const ten = discrete({ ...defaultProcessSettings, timesteps: 10 })
  t.strictSame(timestepsOf('trailing', 4, ten), [9, 7, 4, 1])
  // space_timesteps(1000, "250"): the ends, and one timestep in four
  const adm = timestepsOf('adm', 250, process)
  t.strictSame([adm[0], adm[1], adm[2], adm[248], adm[249]], [999, 995, 991, 4, 0])
  // space_timesteps(1000, "ddim50")
  t.strictSame(
    timestepsOf('ddim', 50, process),
    Array.from({ length: 50 }, (_, i) => 980 - 20 * i),
  )
  // range(0, 1000, 334) and range(0, 1000, 500): a stride gives 3 and 2, none 600
  t.strictSame(timestepsOf('ddim', 3, process), [668, 334, 0])
  t.equal(
    schedules.ddim.refusal(600, process.range),
    'ddim: 600 steps of 1000 timesteps, expected a number that a whole stride gives',
  )
  t.end()
})

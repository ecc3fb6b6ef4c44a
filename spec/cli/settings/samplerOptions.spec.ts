/** Every option of samplers, as a flag of `sample` or a field of a file, is that option of the sampler that has it. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { decodeOptions } from '../../../src/cli/settings/flags.ts'
import { samplerRows } from '../../../src/cli/settings/samplerOptions.ts'
import { saidText, samplingSaid } from '../../../src/cli/settings/samplingSaid.ts'
import { type Settings, settingsOf } from '../../../src/cli/settings/settings.ts'
import { samplingOf } from '../../../src/cli/settings/tables.ts'
import { noChurn } from '../../../src/diffusion/sampler/churn.ts'
import { ddim } from '../../../src/diffusion/sampler/ddim.ts'
import { ddpm } from '../../../src/diffusion/sampler/ddpm.ts'
import { dpmpp2m } from '../../../src/diffusion/sampler/dpmpp2m.ts'
import { dpmpp2mSde } from '../../../src/diffusion/sampler/dpmpp2mSde.ts'
import { clipped, type Estimate, estimating, thresholded } from '../../../src/diffusion/sampler/estimate.ts'
import { euler } from '../../../src/diffusion/sampler/euler.ts'
import { heun } from '../../../src/diffusion/sampler/heun.ts'
import { type Denoise, type Sampler, startingAt } from '../../../src/diffusion/sampler/sampler.ts'
import { unipc } from '../../../src/diffusion/sampler/unipc.ts'
import { edmRange } from '../../../src/diffusion/schedule/schedule.ts'
import { key } from '../../../src/random/key.ts'

const wide: Denoise = async (x, s) => ({
  denoised: x.map((v, i) => 1.5 * Math.sin(v / (1 + s) + i)),
  variance: x.map((v) => Math.tanh(v)),
})
const start = startingAt([80], Float64Array.of(-1.5, 0.1, 0.7, 2))

const settingsWith = (sampling: object): Settings['sampling'] | null => {
  const settings = settingsOf({ sampling: { steps: 6, ...sampling } }, {})
  return E.isLeft(settings) ? null : settings.right.sampling
}

const churn = { ...noChurn, sChurn: 2, sTmin: 0.05, sTmax: 50, sNoise: 1.1 }
const said = { s_churn: 2, s_tmin: 0.05, s_tmax: 50, s_noise: 1.1 }
const unbounded = { percentile: 0.6, max: Number.POSITIVE_INFINITY }
const cases: readonly (readonly [said: object, sampler: Sampler, estimate?: Estimate])[] = [
  [{}, heun()],
  [said, heun(churn)],
  [{ sampler: 'euler', ...said }, euler(churn)],
  [{ sampler: 'euler', s_churn: 2 }, euler({ ...noChurn, sChurn: 2 })],
  [{ sampler: 'ddim', eta: 0.5 }, ddim({ eta: 0.5 })],
  [{ sampler: 'ddim', clip: true }, ddim(), clipped],
  [{ sampler: 'ddim', clip: true, use_clipped_model_output: true }, ddim({ useClippedModelOutput: true }), clipped],
  [{ sampler: 'ddpm' }, ddpm()],
  [{ sampler: 'ddpm', variance: 'fixed_small' }, ddpm({ variance: 'fixed_small' })],
  [{ sampler: 'ddpm', variance: 'fixed_large' }, ddpm({ variance: 'fixed_large' })],
  [{ sampler: 'dpmpp-2m' }, dpmpp2m()],
  [{ sampler: 'dpmpp-2m', solver_type: 'heun' }, dpmpp2m({ solverType: 'heun' })],
  [{ sampler: 'dpmpp-2m-sde', solver_type: 'heun' }, dpmpp2mSde({ solverType: 'heun' })],
  [{ sampler: 'unipc' }, unipc()],
  [{ sampler: 'unipc', threshold: 0.6 }, unipc(), thresholded({ percentile: 0.6, max: 1 })],
  [{ sampler: 'unipc', threshold: 0.6, threshold_max: 1.05 }, unipc(), thresholded({ percentile: 0.6, max: 1.05 })],
  [{ sampler: 'unipc', clip: true, threshold: 0.6, threshold_max: null }, unipc(), thresholded(unbounded)],
]

t.test('what settings say of a sampler is what it does, and no two say the same', async (t) => {
  const seen = new Map<string, string>()
  for (const [said, sampler, estimate] of cases) {
    const settings = settingsWith(said)
    if (settings === null) return t.fail(JSON.stringify(said))
    const sampling = samplingOf(settings, { range: edmRange })
    const run = (sampler: Sampler, estimate?: Estimate) => {
      const denoise = estimate === undefined ? wide : estimating(wide, estimate, 2)
      return sampler.run(denoise, sampling.levels, [key(1), key(2)])(start)
    }
    const found = (await run(sampling.sampler, sampling.estimate)).join()
    t.equal(found, (await run(sampler, estimate)).join(), JSON.stringify(said))
    t.equal(seen.get(found), undefined, `${JSON.stringify(said)} has an effect`)
    seen.set(found, JSON.stringify(said))
  }
})

t.test('each is a flag of sample and of evaluate', async (t) => {
  const raw = {
    ...{ run: 'r', eta: '0.5', useClippedModelOutput: true, sChurn: '2', sTmin: '0.05', sTmax: '50', sNoise: '1.1' },
    ...{ variance: 'fixed_large', solverType: 'heun', clip: true, threshold: '0.995', thresholdMax: '3' },
  }
  const decoded = {
    ...{ run: 'r', eta: 0.5, useClippedModelOutput: true, sChurn: 2, sTmin: 0.05, sTmax: 50, sNoise: 1.1 },
    ...{ variance: 'fixed_large', solverType: 'heun', clip: true, threshold: 0.995, thresholdMax: 3 },
  }
  t.equal(Object.keys(raw).length, Object.keys(samplerRows).length + 1)
  t.strictSame(decodeOptions('sample', raw), E.right(decoded))
  t.strictSame(decodeOptions('evaluate', raw), E.right(decoded))
  for (const [flag, value] of [
    ['eta', '1.5'],
    ['threshold', '99.5'],
  ] as const)
    t.strictSame(
      decodeOptions('sample', { run: 'r', [flag]: value }),
      E.left(`--${flag} is ${value}: expected a number from 0 to 1`),
    )
})

t.test('the options of a sampler that are not the usual ones are said', async (t) => {
  for (const [said, words] of [
    [{}, ''],
    [{ sampler: 'ddim', eta: 1 }, ', eta 1'],
    [
      { sampler: 'dpmpp-2m', solver_type: 'heun', clip: true, threshold_max: null },
      ', solver_type "heun", clip true, threshold_max null',
    ],
  ] as const) {
    const settings = settingsWith(said)
    t.equal(settings === null ? null : saidText(samplingSaid(settings)), words)
  }
})

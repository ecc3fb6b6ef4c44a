/** What a compiled network's answer becomes on its way to a sampler: clipped after guidance, with its learnt variance. */
import t from 'tap'
import { edm } from '../../src/diffusion/process/edm.ts'
import { type Sampling, sample } from '../../src/diffusion/sample.ts'
import { ddpm } from '../../src/diffusion/sampler/ddpm.ts'
import { clipped, type Estimate, thresholded } from '../../src/diffusion/sampler/estimate.ts'
import { defaultSamplerOptions } from '../../src/diffusion/sampler/samplerOptions.ts'
import { samplers } from '../../src/diffusion/sampler/samplers.ts'
import { karras } from '../../src/diffusion/schedule/karras.ts'
import { edmRange } from '../../src/diffusion/schedule/schedule.ts'
import { key } from '../../src/random/key.ts'
import { elements, type Known, knownNetwork } from './known.ts'

const levels = karras.levels(5, edmRange)
const imageOf = (label: number | null): readonly number[] =>
  Array.from({ length: elements }, (_, j) => (label === null ? -0.5 : label) + 0.05 * j)
const known: Known = { process: edm(0.5), levels, batch: 4, classes: 2, imageOf }
const requests = [0, 1, null].flatMap((label) => [0, 7].map((index) => ({ label, index })))

const estimates: readonly (readonly [string, Estimate])[] = [
  ['clipped', clipped],
  ['thresholded', thresholded({ percentile: 0.5, max: Number.POSITIVE_INFINITY })],
]
for (const [name, estimate] of estimates)
  t.test(`${name}: samples are the guided answer after that, image by image, whatever the sampler`, async (t) => {
    const guidance = 1.5
    for (const { of } of Object.values(samplers)) {
      const sampler = of(defaultSamplerOptions)
      const found = await sample(knownNetwork(known), { sampler, levels, guidance, estimate })(key(5), requests)
      for (const [i, { label }] of requests.entries()) {
        const [open, own] = [imageOf(null), imageOf(label)]
        const expected = estimate(Float64Array.from(open, (u, j) => u + guidance * ((own[j] ?? Number.NaN) - u)))
        const off = Math.max(...expected.map((v, j) => Math.abs(v - (found[i]?.[j] ?? Number.NaN))))
        t.ok(off < 1e-9, `${sampler.name}, label ${label}: off by ${off}`)
      }
    }
  })

t.test('ddpm takes the variance that the network answers beside F: 1 is fixed_large, -1 fixed_small', async (t) => {
  // not down to level 0, where no noise is left
  const upper = levels.slice(0, -1)
  const sampled = async (sampling: Pick<Sampling, 'sampler'>, v: number | null) => {
    const besides = (f: Float64Array): Float64Array =>
      Float64Array.from({ length: 2 * f.length }, (_, i) =>
        i % 6 < 3 ? (f[3 * Math.floor(i / 6) + (i % 6)] ?? Number.NaN) : (v ?? Number.NaN),
      )
    const network = knownNetwork(v === null ? known : { ...known, output: besides })
    return sample(network, { ...sampling, levels: upper, guidance: 1.5 })(key(5), requests)
  }
  const fixed = (variance: 'fixed_small' | 'fixed_large') => sampled({ sampler: ddpm({ variance }) }, null)
  const worst = (a: readonly Float64Array[], b: readonly Float64Array[]): number =>
    Math.max(...a.flatMap((x, i) => Array.from(x, (v, j) => Math.abs(v - (b[i]?.[j] ?? Number.NaN)))))
  const [small, large] = [await fixed('fixed_small'), await fixed('fixed_large')]
  t.ok(worst(small, large) > 0.1)
  t.ok(worst(await sampled({ sampler: ddpm() }, 1), large) < 1e-9)
  t.ok(worst(await sampled({ sampler: ddpm() }, -1), small) < 1e-9)
  t.ok(worst(await sampled({ sampler: ddpm() }, null), small) < 1e-9, 'fixed_small where there is none')
  t.ok(worst(await sampled({ sampler: ddpm({ variance: 'fixed_small' }) }, 1), small) < 1e-9, 'unless told otherwise')
})

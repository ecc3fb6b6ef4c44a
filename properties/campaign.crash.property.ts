/** The short form of `npm run campaign -- crash` and `-- latent`: a few of the same trials, at fixed seeds. */
import t from 'tap'
import { crashPeace, crashTrial } from './campaign/crash.ts'
import { encodePeace, encodeTrial, latentPeace } from './campaign/latent.ts'

const seed = 1

t.test(`kill -9 at random moments changes nothing (seed ${seed})`, async (t) => {
  const peace = await crashPeace(t.testdir(), 12)
  for (let trial = 0; trial < 2; trial++) {
    const { ok, what } = await crashTrial(peace, seed, trial)
    t.ok(ok, what)
  }
})

t.test(`nor does it change latents, or a run on them (seed ${seed})`, async (t) => {
  const encoded = await encodePeace(t.testdir())
  for (const { ok, what } of [
    await encodeTrial(encoded, seed, 0),
    await crashTrial(await latentPeace(encoded, 8), seed, 0),
  ])
    t.ok(ok, what)
})

/** `diffit sample img2img`: images from a picture, which is noised and sampled from there. */
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { img2img as images, stepsOfStrength } from '../../diffusion/operations/img2img.ts'
import { must } from '../errors.ts'
import { requestsOf } from '../grid.ts'
import { keysOf } from '../keys.ts'
import type { SamplingProgress } from '../samplingProgress.ts'
import { calls } from '../settings/calls.ts'
import { type Catalogue, type Img2imgOptions, standard } from '../settings/options.ts'
import { fittedLine, readImage } from './imageFile.ts'
import { gridOf, pathFor, writeGrid, writtenLine } from './output.ts'
import { requireRoom, rowsNamed, runToSample, type Say, unseen, withNetwork } from './runToSample.ts'

/** @returns the image's path */
export const img2img = async (
  o: Img2imgOptions,
  say: Say = console.log,
  progress: SamplingProgress = unseen,
  known: Catalogue = standard,
): Promise<string> => {
  const started = performance.now()
  const run = await runToSample(o, say, known)
  const { seed, which, columns, every, sampling } = run.pictures
  const rows = rowsNamed(run, which)
  const given = await must(readImage(o.image, run.picture))
  const fitted = fittedLine(given, run.picture)
  if (fitted !== null) say(fitted)
  const count = rows.length * columns
  requireRoom(run, `--count ${columns}`, count)
  const path = await pathFor(o, `img2img-seed-${seed}`, [o.image])
  const strength = o.strength ?? calls.strength.about.default
  const steps = sampling.levels.length - 1
  say(`strength ${strength}: the last ${stepsOfStrength(steps, strength)} of ${steps} steps`)
  const requests = requestsOf(rows, { columns, every })
  const made = await withNetwork(run, {
    images: count,
    say,
    progress,
    work: async (network, watch, space) => {
      const [image] = await space.encode([given.image])
      if (image === undefined) throw new TypeError('one picture is one image')
      const edits = requests.map((request) => ({ ...request, image }))
      return space.decode(await images(network, sampling, strength, watch)(keysOf(seed).samples, edits))
    },
  })
  const drawn = RA.zipWith(rows, RA.chunksOf(columns)(made), ({ name }, own) => ({
    label: name,
    images: [given.image, ...own],
  }))
  await must(writeGrid(path, gridOf(run.picture, { rows: drawn, headings: ['image', `strength ${strength}`] })))
  say(writtenLine(path, count, run.step, started))
  return path
}

/** `diffit sample inpaint`: images that are a picture but where its mask is white. */
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { element } from '../../codec/element.ts'
import { inpaint as images } from '../../diffusion/operations/inpaint.ts'
import { must } from '../errors.ts'
import { requestsOf } from '../grid.ts'
import { keysOf } from '../keys.ts'
import type { SamplingProgress } from '../samplingProgress.ts'
import { calls } from '../settings/calls.ts'
import { type Catalogue, type InpaintOptions, standard } from '../settings/options.ts'
import { fittedLine, readImage, readMask } from './imageFile.ts'
import { gridOf, pathFor, writeGrid, writtenLine } from './output.ts'
import { requireRoom, rowsNamed, runToSample, type Say, unseen, withNetwork } from './runToSample.ts'

/** A mask [h, w] at the resolution of images: a pixel there is painted where any of its pixels of the picture is. */
export const coarser = (mask: Uint8Array, size: number, factor: number): Uint8Array => {
  const side = size / factor
  const out = new Uint8Array(side * side)
  mask.forEach((m, i) => {
    if (m === 1) out[Math.floor(i / size / factor) * side + Math.floor((i % size) / factor)] = 1
  })
  return out
}

/** The painted picture [h, w, c] under the mask [h, w], the given one elsewhere: decoding does not keep its pixels. */
export const pasted = (painted: Float64Array, given: Float64Array, mask: Uint8Array): Float64Array => {
  const channels = given.length / mask.length
  return painted.map((v, i) => (element(mask, Math.floor(i / channels)) === 1 ? v : element(given, i)))
}

/** @returns the image's path */
export const inpaint = async (
  o: InpaintOptions,
  say: Say = console.log,
  progress: SamplingProgress = unseen,
  known: Catalogue = standard,
): Promise<string> => {
  const started = performance.now()
  const run = await runToSample(o, say, known)
  const { seed, which, columns, every, sampling } = run.pictures
  const shape = run.picture
  const rows = rowsNamed(run, which)
  const given = await must(readImage(o.image, shape))
  const mask = await must(readMask(o.mask, given, shape))
  const fitted = fittedLine(given, shape)
  if (fitted !== null) say(`${fitted}, and ${o.mask} likewise`)
  const count = rows.length * columns
  requireRoom(run, `--count ${columns}`, count)
  const path = await pathFor(o, `inpaint-seed-${seed}`, [o.image, o.mask])
  const resampling = {
    resample: o.resample ?? calls.resample.about.default,
    jump: o.jump ?? calls.jump.about.default,
  }
  const requests = requestsOf(rows, { columns, every })
  const made = await withNetwork(run, {
    images: count,
    say,
    progress,
    work: async (network, watch, space) => {
      const [image] = await space.encode([given.image])
      if (image === undefined) throw new TypeError('one picture is one image')
      const edits = requests.map((request) => ({ ...request, image, mask: coarser(mask, shape.size, space.factor) }))
      const painted = await images(network, sampling, resampling, watch)(keysOf(seed).samples, edits)
      return (await space.decode(painted)).map((one) => pasted(one, given.image, mask))
    },
  })
  const kept = given.image.map((v, i) => (element(mask, Math.floor(i / shape.channels)) === 1 ? 0 : v))
  const drawn = RA.zipWith(rows, RA.chunksOf(columns)(made), ({ name }, own) => ({
    label: name,
    images: [given.image, kept, ...own],
  }))
  await must(writeGrid(path, gridOf(shape, { rows: drawn, headings: ['image', 'kept', 'painted'] })))
  say(writtenLine(path, count, run.step, started))
  return path
}

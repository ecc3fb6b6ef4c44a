/**
 * `diffit sample filmstrip`: a strip for each image, its state and its estimate at some levels from noise to image; and an
 * animation of the states.
 */
import { dirname } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../../codec/element.ts'
import { dimmed, evenFrames, type Frame, filmstrip as framesOf } from '../../diffusion/operations/filmstrip.ts'
import { animation } from '../../io/animation.ts'
import { writeAtomic } from '../../io/atomic.ts'
import { makeFolder } from '../../io/makeFolder.ts'
import { type Grid, grid } from '../../io/png.ts'
import { must } from '../errors.ts'
import { type Row, requestsOf } from '../grid.ts'
import { keysOf } from '../keys.ts'
import type { ImageSpace } from '../latents/imageSpace.ts'
import type { SamplingProgress } from '../samplingProgress.ts'
import { calls } from '../settings/calls.ts'
import { type Catalogue, type FilmstripOptions, standard } from '../settings/options.ts'
import { gridOf, pathFor, writeGrid, writtenLine } from './output.ts'
import { requireRoom, rowsNamed, runToSample, type Say, unseen, withNetwork } from './runToSample.ts'

/** Pixels that an image of the animation is high. */
const height = 128
/** States of more noise than so many deviations of the images look alike, and are left out of the animation. */
const mostDeviations = 8
/** Milliseconds of the animation before its last frame, and of that. */
const pace = { moving: 2400, held: 1600 }

/** What is drawn: the classes, and how many images each has. */
interface Drawn {
  readonly rows: readonly Row[]
  readonly columns: number
  /** The deviation of the images. */
  readonly deviation: number
}

/** A noise level in three digits. */
const written = (sigma: number): string => String(Number(sigma.toPrecision(3)))

/** The pictures of frames: the states at the deviation that images have. */
export const pictured = async (
  frames: readonly Frame[],
  space: Pick<ImageSpace, 'decode'>,
  deviation: number,
): Promise<readonly Frame[]> => {
  const drawn: Frame[] = []
  for (const { states, estimates, sigma, step } of frames)
    drawn.push({
      step,
      sigma,
      states: await space.decode(states.map((state) => dimmed(state, sigma, deviation))),
      estimates: await space.decode(estimates),
    })
  return drawn
}

/** Two rows for each image: its states and its estimates. @param frames `pictured` */
export const stripOf = (
  frames: readonly Frame[],
  { rows, columns }: Omit<Drawn, 'deviation'>,
): Pick<Grid, 'rows' | 'headings'> => ({
  headings: frames.map(({ sigma }) => `σ ${written(sigma)}`),
  rows: rows.flatMap(({ name }, row) =>
    Array.from({ length: columns }, (_, column) => {
      const i = row * columns + column
      const label = columns === 1 ? name : `${name} ${column + 1}`
      return [
        { label, images: frames.map(({ states }) => element(states, i)) },
        { label: 'estimate', images: frames.map(({ estimates }) => element(estimates, i)) },
      ]
    }).flat(),
  ),
})

/** The frames of the animation, each a row for each class. */
const pagesOf = (frames: readonly Frame[], { rows, columns, deviation }: Drawn): readonly Pick<Grid, 'rows'>[] => {
  const near = frames.filter(({ sigma }) => sigma <= mostDeviations * deviation)
  return (near.length < 2 ? frames : near).map(({ states }) => ({
    rows: rows.map(({ name }, row) => ({
      label: name,
      images: states.slice(row * columns, (row + 1) * columns),
    })),
  }))
}

/** @returns the paths of the strip and of the animation */
export const filmstrip = async (
  o: FilmstripOptions,
  say: Say = console.log,
  progress: SamplingProgress = unseen,
  known: Catalogue = standard,
): Promise<readonly [strip: string, animation: string]> => {
  const started = performance.now()
  const run = await runToSample(o, say, known)
  const shape = run.picture
  const { seed, which, every, sampling } = run.pictures
  const columns = o.count ?? calls.rows.about.default
  const rows = rowsNamed(run, which)
  const count = rows.length * columns
  requireRoom(run, `--count ${columns} with ${sampling.levels.length} frames each`, count * sampling.levels.length)
  const path = await pathFor(o, `filmstrip-seed-${seed}`)
  const moving = o.animation ?? path.replace(/\.png$/i, '.webp')
  await must(makeFolder(dirname(moving)))
  const requests = requestsOf(rows, { columns, every })
  const drawn = { rows, columns, deviation: run.settings.training.sigma_data }
  const frames = await withNetwork(run, {
    images: count,
    say,
    progress,
    work: async (network, watch, space) => {
      const all = await framesOf(network, sampling, watch)(keysOf(seed).samples, requests)
      return pictured(all, space, drawn.deviation)
    },
  })
  const strip = stripOf(evenFrames(frames, o.frames ?? calls.frames.about.default), drawn)
  await must(writeGrid(path, gridOf(shape, strip)))
  const scale = height / shape.size
  await must(
    pipe(
      pagesOf(frames, drawn),
      RA.map((page) => ({ ...gridOf(shape, page), scale })),
      TE.traverseSeqArray(grid),
      TE.chain(animation({ ...pace, format: /\.gif$/i.test(moving) ? 'gif' : 'webp' })),
      TE.chain((bytes) => writeAtomic(moving, bytes)),
    ),
  )
  say(writtenLine(path, count, run.step, started))
  say(`${moving}: its animation`)
  return [path, moving]
}

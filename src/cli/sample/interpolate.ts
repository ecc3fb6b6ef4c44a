/** `diffit sample interpolate`: images between two seeds, or between two classes. */
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { type Between, type End, interpolate as images, sharesOf } from '../../diffusion/operations/interpolate.ts'
import { fail, must } from '../errors.ts'
import type { Row } from '../grid.ts'
import { keysOf } from '../keys.ts'
import type { SamplingProgress } from '../samplingProgress.ts'
import { calls } from '../settings/calls.ts'
import { type Catalogue, type InterpolateOptions, standard } from '../settings/options.ts'
import { gridOf, pathFor, writeGrid, writtenLine } from './output.ts'
import { type RunToSample, requireRoom, rowsNamed, runToSample, type Say, unseen, withNetwork } from './runToSample.ts'

const endsWanted = 'expected --from-seed and --to-seed, or two classes, --class A,B'

interface Seeds {
  readonly from: number
  readonly to: number
}

const seedsOf = ({ fromSeed, toSeed, seed }: InterpolateOptions, usual: number): Seeds | null => {
  if (fromSeed === undefined && toSeed === undefined) return null
  if (fromSeed === undefined || toSeed === undefined)
    return fail(`${fromSeed === undefined ? '--from-seed' : '--to-seed'} is missing: ${endsWanted}`)
  if (seed !== undefined) return fail(`--seed ${usual} beside --from-seed and --to-seed: expected either`)
  return { from: fromSeed, to: toSeed }
}

/** A row of the picture: from one sample to another. */
interface Line {
  readonly label: string
  readonly from: End
  readonly to: End
}

const endOf = (seed: number, { label }: Row): End => ({ key: keysOf(seed).samples, request: { label, index: 0 } })

/** Between two classes one line; between two seeds one for each class. */
const linesOf = (run: RunToSample, which: string, seeds: Seeds | null): readonly Line[] => {
  const rows = rowsNamed(run, which)
  const { from, to } = seeds ?? { from: run.pictures.seed, to: run.pictures.seed }
  const [first, second, third] = rows
  if (which !== 'all' && rows.length > 1) {
    if (first === undefined || second === undefined || third !== undefined)
      return fail(`--class ${which} names ${rows.length} classes: expected two, or one between two seeds`)
    return [{ label: `${first.name} to ${second.name}`, from: endOf(from, first), to: endOf(to, second) }]
  }
  if (seeds === null) return fail(`one end only: ${endsWanted}`)
  return rows.map((row) => ({ label: row.name, from: endOf(from, row), to: endOf(to, row) }))
}

/** @returns the image's path */
export const interpolate = async (
  o: InterpolateOptions,
  say: Say = console.log,
  progress: SamplingProgress = unseen,
  known: Catalogue = standard,
): Promise<string> => {
  const started = performance.now()
  const run = await runToSample(o, say, known)
  const { seed, which, sampling } = run.pictures
  const columns = o.count ?? calls.fromEndToEnd.about.default
  if (o.every !== undefined) fail('--every: expected none, because an interpolation is between first images')
  const seeds = seedsOf(o, seed)
  const lines = linesOf(run, which, seeds)
  const count = lines.length * columns
  requireRoom(run, `--count ${columns}`, count)
  const path = await pathFor(
    o,
    seeds === null ? `interpolate-seed-${seed}` : `interpolate-seeds-${seeds.from}-${seeds.to}`,
  )
  const shares = sharesOf(columns)
  const requests: readonly Between[] = lines.flatMap(({ from, to }) => shares.map((share) => ({ from, to, share })))
  const made = await withNetwork(run, {
    images: count,
    say,
    progress,
    work: async (network, watch, space) => space.decode(await images(network, sampling, watch)(requests)),
  })
  const drawn = RA.zipWith(lines, RA.chunksOf(columns)(made), ({ label }, own) => ({ label, images: own }))
  const headings = shares.map((share) => String(Number(share.toFixed(2))))
  await must(writeGrid(path, gridOf(run.picture, { rows: drawn, headings })))
  say(writtenLine(path, count, run.step, started))
  return path
}

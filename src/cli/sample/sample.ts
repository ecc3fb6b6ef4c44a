/** `diffit sample`: a grid of images from a run's newest checkpoint, with its EMA parameters. */
import { dirname, join } from 'node:path'
import { makeFolder } from '../../io/makeFolder.ts'
import { samplesFolder } from '../../io/run.ts'
import { must, mustBe } from '../errors.ts'
import { drawGrid } from '../grid.ts'
import { keysOf } from '../keys.ts'
import type { SamplingProgress } from '../samplingProgress.ts'
import { type Catalogue, type SampleOptions, standard } from '../settings/options.ts'
import { writtenLine } from './output.ts'
import { namedRows, requireRoom, runToSample, type Say, unseen, withNetwork } from './runToSample.ts'

export type { SampleOptions } from '../settings/options.ts'

/** @returns the image's path */
export const sample = async (
  o: SampleOptions,
  say: Say = console.log,
  progress: SamplingProgress = unseen,
  known: Catalogue = standard,
): Promise<string> => {
  const started = performance.now()
  const run = await runToSample(o, say, known)
  const { seed, which, columns, every, sampling } = run.pictures
  const rows = which === 'all' ? run.rows : namedRows(run, [which])
  const images = rows.length * columns
  requireRoom(run, `--count ${columns}`, images)
  const path = o.out ?? join(samplesFolder(o.run), `seed-${seed}.png`)
  await must(makeFolder(dirname(path)))
  mustBe(
    await withNetwork(run, {
      images,
      say,
      progress,
      work: (network, watch, space) =>
        drawGrid(network, sampling, { key: keysOf(seed).samples, rows, columns, every, path, space }, watch),
    }),
  )
  say(writtenLine(path, images, run.step, started))
  return path
}

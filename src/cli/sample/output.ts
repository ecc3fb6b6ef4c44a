/** Where the pictures of an operation go, and the lines about them. */
import { dirname, join, resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CompiledNetwork } from '../../diffusion/network.ts'
import { writeAtomic } from '../../io/atomic.ts'
import { makeFolder } from '../../io/makeFolder.ts'
import { type Grid, grid } from '../../io/png.ts'
import { samplesFolder } from '../../io/run.ts'
import { fail, must } from '../errors.ts'
import { clock } from '../progress.ts'
import type { SampleOptions } from '../settings/options.ts'

/** The path of a picture, in a folder that is there; not one of the pictures that were given. */
export const pathFor = async (
  { run, out }: Pick<SampleOptions, 'run' | 'out'>,
  name: string,
  given: readonly string[] = [],
): Promise<string> => {
  const path = out ?? join(samplesFolder(run), `${name}.png`)
  if (given.some((one) => resolve(one) === resolve(path)))
    fail(`--out ${path} is one of the pictures that are read: name another file`)
  await must(makeFolder(dirname(path)))
  return path
}

/** Images of a network, in rows. */
export const gridOf = (
  { size, channels }: Pick<CompiledNetwork, 'size' | 'channels'>,
  { rows, headings }: Pick<Grid, 'rows' | 'headings'>,
): Grid => ({
  rows,
  ...(headings === undefined ? {} : { headings }),
  height: size,
  width: size,
  channels: channels === 1 ? 1 : 3,
})

/** Draws and writes a grid. */
export const writeGrid = (path: string, g: Grid): TE.TaskEither<string, void> =>
  pipe(
    grid(g),
    TE.chain((png) => writeAtomic(path, png)),
  )

/** What was written. */
export const writtenLine = (path: string, images: number, step: number, started: number): string =>
  `${path}: ${images} ${images === 1 ? 'image' : 'images'} from step ${step}, ${clock((performance.now() - started) / 1000)}`

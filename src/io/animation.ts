/** Pictures one after another as an animated WebP or GIF. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { companion, sharp } from './companion.ts'

/** How an animation goes on. */
export interface Animation {
  /** WebP keeps every colour, GIF has 256. */
  readonly format: 'webp' | 'gif'
  /** Milliseconds of all frames before the last one. */
  readonly moving: number
  /** Milliseconds of the last frame; then it begins again. */
  readonly held: number
}

/** PNG pictures of one size, one after another, in a loop; a Left says why they cannot be drawn. */
export const animation =
  ({ format, moving, held }: Animation) =>
  (frames: readonly Uint8Array[]): TE.TaskEither<string, Uint8Array> =>
    pipe(
      companion('drawing an animation')(sharp),
      TE.chain((sharp) =>
        TE.tryCatch(
          () => {
            const delay = frames.map((_, i) =>
              i === frames.length - 1 ? held : Math.round(moving / (frames.length - 1)),
            )
            const joined = sharp(frames.map(Buffer.from), { join: { animated: true } })
            const written =
              format === 'gif'
                ? joined.gif({ delay, loop: 0 })
                : joined.webp({ delay, loop: 0, lossless: true, effort: 6 })
            return written.toBuffer()
          },
          (error) => `cannot draw the animation: ${error instanceof Error ? error.message : String(error)}`,
        ),
      ),
    )

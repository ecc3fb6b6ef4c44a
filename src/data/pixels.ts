/** Memory for the images of a data set; an error before allocation if the machine does not have enough. */
import { totalmem } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'

/** Of the machine, or of the container. */
const memory = (): number => {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

/** Zeros for [count, size, size, channels]. */
export const pixelsFor = (
  name: string,
  count: number,
  size: number,
  channels: 1 | 3,
  available = memory(),
): E.Either<string, Uint8Array> => {
  const bytes = count * size * size * channels
  return bytes <= available
    ? E.tryCatch(
        () => new Uint8Array(bytes),
        () => tooLarge(name, count, size, bytes),
      )
    : E.left(tooLarge(name, count, size, bytes))
}

const tooLarge = (name: string, count: number, size: number, bytes: number): string =>
  `${name}: ${count} images of ${size} x ${size} take ${(bytes / 2 ** 30).toFixed(1)} GiB, more memory than there is: expected fewer, or a smaller size`

/** Held-out pictures by class: a row of those that were named rightly, and rows of what others were most often taken for. */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type LabelledPicture, named } from '../../classification/batch.ts'
import type { Dataset } from '../../data/dataset.ts'
import { writeAtomic } from '../../io/atomic.ts'
import { grid, type Row } from '../../io/png.ts'
import type { Numbers } from '../../plan/backend.ts'

/** Rows of other classes that one class gets at most, and classes; of more, those most often named wrongly are shown. */
const mostOthers = 2
const mostClasses = 24

export interface Confusions {
  readonly dataset: Pick<Dataset, 'classes' | 'size' | 'channels'>
  readonly pictures: readonly LabelledPicture[]
  /** Class scores, [n, classes]. */
  readonly logits: Numbers
  /** Pictures of a row at most. */
  readonly columns: number
}

/** The rows of the picture: `Flags 12/14`, then `as Symbols: 2`. */
export const confusionRows = ({ dataset: { classes }, pictures, logits, columns }: Confusions): readonly Row[] => {
  const said = pictures.map((_, i) => named(logits, i * classes.length, classes.length))
  const of = (label: number, answer: number): readonly LabelledPicture[] =>
    pictures.filter((picture, i) => picture.label === label && said[i] === answer)
  const row = (label: string, shown: readonly LabelledPicture[]): Row => ({
    label,
    images: shown.slice(0, columns).map(({ image }) => image),
  })
  const counted = classes.map((name, label) => ({
    name,
    label,
    all: pictures.filter((picture) => picture.label === label).length,
    right: of(label, label),
  }))
  const share = ({ all, right }: { all: number; right: readonly unknown[] }): number => right.length / all
  const shown = counted
    .filter(({ all }) => all > 0)
    .toSorted((a, b) => share(a) - share(b))
    .slice(0, mostClasses)
    .toSorted((a, b) => a.label - b.label)
  return shown.flatMap(({ name, label, all, right }) => {
    const others = classes
      .map((other, answer) => ({ other, shown: answer === label ? [] : of(label, answer) }))
      .filter(({ shown }) => shown.length > 0)
      .toSorted((a, b) => b.shown.length - a.shown.length)
      .slice(0, mostOthers)
    return [
      row(`${name} ${right.length}/${all}`, right),
      ...others.map(({ other, shown }) => row(`as ${other}: ${shown.length}`, shown)),
    ]
  })
}

/** Draws and writes the picture; a Left if it cannot be written. */
export const drawConfusions = ({
  path,
  ...about
}: Confusions & { readonly path: string }): TE.TaskEither<string, void> =>
  pipe(
    grid({
      rows: confusionRows(about),
      height: about.dataset.size,
      width: about.dataset.size,
      channels: about.dataset.channels === 1 ? 1 : 3,
    }),
    TE.chain((png) => writeAtomic(path, png)),
  )

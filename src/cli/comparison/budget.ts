/** What each setting of a comparison may spend on its training, and the length of a run that spends it. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { CompareOptions } from '../settings/options.ts'

export const budgetCodec = t.readonly(
  t.type({ kind: t.keyof({ images: null, gflop: null, minutes: null }), amount: t.number }),
)
export type Budget = t.TypeOf<typeof budgetCodec>

/** As it is given: `--images 26600`. */
export const budgetText = ({ kind, amount }: Budget): string => `--${kind} ${amount}`

/** In words, for titles. */
export const budgetWords = ({ kind, amount }: Budget): string =>
  kind === 'images'
    ? `${amount.toLocaleString('en')} images each`
    : kind === 'gflop'
      ? `${amount.toLocaleString('en')} GFLOP each`
      : `${amount.toLocaleString('en')} ${amount === 1 ? 'minute' : 'minutes'} each`

/** Exactly one of the three. */
export const budgetOf = ({
  images,
  gflop,
  minutes,
}: Pick<CompareOptions, 'images' | 'gflop' | 'minutes'>): E.Either<string, Budget> => {
  const given = (
    [
      ['images', images],
      ['gflop', gflop],
      ['minutes', minutes],
    ] as const
  ).flatMap(([kind, amount]): readonly Budget[] => (amount === undefined ? [] : [{ kind, amount }]))
  const [budget, another] = given
  if (budget === undefined) return E.left('there is no budget: expected --images N, --gflop G or --minutes M')
  return another === undefined
    ? E.right(budget)
    : E.left(`${given.map(budgetText).join(' and ')}: expected one budget, because they bound a run differently`)
}

/** A setting's own cost. */
export interface UpdateCost {
  /** Images of an update. */
  readonly batch: number
  readonly flops: number
}

/**
 * The updates that a budget allows a setting: images are rounded up to whole updates, so that it sees all of them; work is
 * rounded down, so that it does no more; null if its clock ends the run. A Left if not one update fits.
 */
export const updatesWithin = (
  { kind, amount }: Budget,
  { batch, flops }: UpdateCost,
): E.Either<string, number | null> => {
  if (kind === 'minutes') return E.right(null)
  if (kind === 'images') return E.right(Math.ceil(amount / batch))
  const updates = Math.floor((amount * 1e9) / flops)
  return updates >= 1
    ? E.right(updates)
    : E.left(`--gflop ${amount} is less than one step of it: expected at least ${Math.ceil(flops / 1e9)}`)
}

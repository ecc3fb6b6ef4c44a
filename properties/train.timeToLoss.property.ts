/** Laws of time to quality: what a run spent, and where its validation loss first stays at or below a level. */
import fc from 'fast-check'
import t from 'tap'
import { lossAfter, spentAt, type TimedRow, timeToLoss, type Validated, validated } from '../src/train/timeToLoss.ts'

const level = fc.double({ min: 0.1, max: 1, noNaN: true })
const steps = fc.record({
  images: fc.integer({ min: 1, max: 64 }),
  seconds: fc.double({ min: 0.01, max: 5, noNaN: true }),
  validation: fc.option(fc.double({ min: 0.1, max: 1, noNaN: true })),
})
type Step = { readonly images: number; readonly seconds: number; readonly validation: number | null }

/** A row before the first step, then one for each, as a run records them. */
const rowsOf = (all: readonly Step[]): readonly TimedRow[] =>
  all.reduce<readonly TimedRow[]>(
    (rows, { images, seconds, validation }) => [
      ...rows,
      { images: (rows.at(-1)?.images ?? 0) + images, validation, imagesPerSecond: images / seconds },
    ],
    [{ images: 0, validation: 1, imagesPerSecond: null }],
  )
const runs = fc.array(steps, { minLength: 1, maxLength: 12 })
const points = runs.map((all) => validated(rowsOf(all)))
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))

t.test('the seconds of training alone are those of its steps, whenever it validated', async () => {
  fc.assert(
    fc.property(runs, (all) => {
      const spent = spentAt(rowsOf(all))
      let seconds = 0
      const sums = all.map((step) => {
        seconds += step.seconds
        return seconds
      })
      const other = spentAt(rowsOf(all.map((step) => ({ ...step, validation: null }))))
      return (
        sums.every((sum, i) => near(sum, spent[i + 1]?.seconds ?? Number.NaN)) &&
        JSON.stringify(other) === JSON.stringify(spent)
      )
    }),
  )
})

t.test(
  'a loss is reached where the line through two validations has it, and every later one is at or below',
  async () => {
    fc.assert(
      fc.property(points, level, (all, level) => {
        const reached = timeToLoss(all, level)
        const last = all.at(-1)
        if (reached === null) return last === undefined || last.loss > level
        const after = all.filter(({ images }) => images >= reached.images + 1e-6)
        const there = lossAfter(all, reached.images)
        const atStart = reached.images === all[0]?.images
        return (
          after.every(({ loss }) => loss <= level) &&
          there !== null &&
          (atStart || near(there, level) || all.some((p) => near(p.images, reached.images)))
        )
      }),
    )
  },
)

t.test('before it, some validation is above: no earlier time would do', async () => {
  fc.assert(
    fc.property(points, level, (all, level) => {
      const reached = timeToLoss(all, level)
      if (reached === null || reached.images <= 0) return true
      return all.some(({ images, loss }) => images < reached.images && loss > level)
    }),
  )
})

t.test('a lower loss is never reached earlier, in images or in seconds', async () => {
  fc.assert(
    fc.property(points, level, level, (all, a, b) => {
      const [low, high] = [timeToLoss(all, Math.min(a, b)), timeToLoss(all, Math.max(a, b))]
      return low === null || (high !== null && high.images <= low.images && high.seconds <= low.seconds)
    }),
  )
})

t.test('later validations at or below the loss change nothing; one above puts it off', async () => {
  fc.assert(
    fc.property(points, level, (all, level) => {
      const reached = timeToLoss(all, level)
      const last = all.at(-1)
      if (reached === null || last === undefined) return true
      const later = (loss: number): readonly Validated[] => [
        ...all,
        { images: last.images + 1, seconds: last.seconds + 1, loss },
      ]
      return (
        JSON.stringify(timeToLoss(later(level), level)) === JSON.stringify(reached) &&
        timeToLoss(later(level + 0.1), level) === null
      )
    }),
  )
})

t.test('the loss after so many images: that of a validation there, else between its neighbours', async () => {
  fc.assert(
    fc.property(points, fc.double({ min: -0.1, max: 1.1, noNaN: true }), (all, part) => {
      const end = all.at(-1)?.images ?? 0
      const images = part * end
      const loss = lossAfter(all, images)
      const [before, after] = [all.findLast((p) => p.images <= images), all.find((p) => p.images >= images)]
      if (before === undefined || after === undefined) return loss === null
      const [low, high] = [Math.min(before.loss, after.loss), Math.max(before.loss, after.loss)]
      return loss !== null && loss >= low - 1e-12 && loss <= high + 1e-12
    }),
  )
})

t.test('a run of known figures', async (t) => {
  const rows: readonly TimedRow[] = [
    { images: 0, validation: 1, imagesPerSecond: null },
    { images: 10, validation: 0.5, imagesPerSecond: 10 },
    { images: 20, validation: 0.7, imagesPerSecond: 5 },
    { images: 30, validation: null, imagesPerSecond: 5 },
    { images: 40, validation: 0.3, imagesPerSecond: 10 },
  ]
  const all = validated(rows)
  t.match(timeToLoss(all, 0.6), { images: 25, seconds: 3.75 }, 'not at 8 images, after which it rose again')
  t.match(timeToLoss(all, 1), { images: 0, seconds: 0 }, 'from the start')
  t.equal(timeToLoss(all, 0.2), null, 'not yet')
  t.equal(timeToLoss([], 0.2), null)
  t.equal(lossAfter(all, 30), 0.5)
})

/** The performance goals, and what a run measured of them. */

import { decodeCase, forwardCase } from './largeCases.ts'
import { type Figure, type Line, ours, type Ratio } from './line.ts'
import { cube } from './products.ts'
import type { Row } from './quality/table.ts'
import { table } from './report.ts'

/** A goal's value from what was measured; null if it was not. */
interface GoalOf<A> {
  readonly what: string
  readonly unit: string
  readonly goal: number
  /** Whether more is better. */
  readonly least: boolean
  readonly measure: (measured: A) => number | null
}
type Goal = GoalOf<readonly Line[]>
/** Of a run's lines. */
type Measure = Goal['measure']

const figures = (lines: readonly Line[], workload: string): readonly Figure[] =>
  lines.flatMap((line) => (line.kind === 'figure' && line.workload === workload ? [line] : []))

const shareOfLimit: Measure = (lines) => {
  const limit = lines.find((l) => l.kind === 'limit' && l.workload === 'contract' && l.threads === 1)
  const figure = figures(lines, 'contract').find((f) => f.case === cube && f.by === ours && f.threads === 1)
  if (limit?.kind !== 'limit' || figure === undefined || figure.gflops === null) return null
  return (100 * figure.gflops) / limit.gflops
}

const ratioTo =
  (workload: string, peer: string, name = ''): Measure =>
  (lines) =>
    lines.find(
      (l): l is Ratio =>
        l.kind === 'ratio' && l.workload === workload && l.peer === peer && (name === '' || l.case === name),
    )?.ratio ?? null

const scaling =
  (workload: string): Measure =>
  (lines) => {
    const on = (threads: number) =>
      figures(lines, workload).find((f) => f.by === ours && f.threads === threads)?.step_ms_median
    const [one, two] = [on(1), on(2)]
    return one === undefined || two === undefined ? null : one / two
  }

const greatest = (xs: readonly Figure[], fact: string): number | null => {
  const values = xs.flatMap(({ facts }) => (typeof facts[fact] === 'number' ? [facts[fact]] : []))
  return values.length === 0 ? null : Math.max(...values)
}

/** Our peak relative to PyTorch's smallest over all settings. */
const memory: Measure = (lines) => {
  const all = figures(lines, 'image-s')
  const mine = greatest(
    all.filter((f) => f.by === ours),
    'resident_mib',
  )
  const theirs = all.flatMap(({ by, facts }) =>
    by === 'PyTorch' && typeof facts.resident_mib === 'number' ? [facts.resident_mib] : [],
  )
  return mine === null || theirs.length === 0 ? null : mine / Math.min(...theirs)
}

const startUp: Measure = (lines) => {
  const ms = greatest(
    figures(lines, 'image-s').filter((f) => f.by === ours),
    'startup_ms',
  )
  return ms === null ? null : ms / 1e3
}

const goals: readonly Goal[] = [
  { what: 'contract 512^3, one thread, of the limit', unit: ' %', goal: 90, least: true, measure: shareOfLimit },
  {
    what: "image-s, speed-up over PyTorch's best",
    unit: ' x',
    goal: 1.5,
    least: true,
    measure: ratioTo('image-s', 'PyTorch'),
  },
  {
    what: "latent-s, speed-up over PyTorch's best",
    unit: ' x',
    goal: 1.2,
    least: true,
    measure: ratioTo('latent-s', 'PyTorch'),
  },
  { what: 'latent-s, speed-up over jax-js', unit: ' x', goal: 8, least: true, measure: ratioTo('latent-s', 'jax-js') },
  {
    what: "emoji32, speed-up over PyTorch's best",
    unit: ' x',
    goal: 1.3,
    least: true,
    measure: ratioTo('emoji32', 'PyTorch'),
  },
  {
    what: 'image-s, speed-up of two threads over one',
    unit: ' x',
    goal: 1.8,
    least: true,
    measure: scaling('image-s'),
  },
  { what: "image-s, peak memory over PyTorch's", unit: ' x', goal: 1, least: false, measure: memory },
  { what: 'image-s, start-up (plan and compile)', unit: ' s', goal: 3, least: false, measure: startUp },
  {
    what: "diffit-xl-256, forward pass of one latent, speed over PyTorch's best",
    unit: ' x',
    goal: 0.9,
    least: true,
    measure: ratioTo('diffit-xl', 'PyTorch', forwardCase),
  },
  {
    what: "decoding to 256 x 256, speed-up over PyTorch's best",
    unit: ' x',
    goal: 1.3,
    least: true,
    measure: ratioTo('diffit-xl', 'PyTorch', decodeCase),
  },
]

const goalTable = <A>(all: readonly GoalOf<A>[], measured: A, text: (n: number) => string): string =>
  table(
    ['measure', 'goal', 'measured', 'reached'],
    all.map(({ what, unit, goal, least, measure }) => {
      const value = measure(measured)
      const target = `${least ? '>=' : '<='} ${goal.toLocaleString('en')}${unit}`
      if (value === null) return [what, target, 'not measured', '']
      return [what, target, `${text(value)}${unit}`, (least ? value >= goal : value <= goal) ? 'yes' : 'no']
    }),
  )

/** One row per goal; goals that were not measured say so. */
export const reached = (lines: readonly Line[]): string => goalTable(goals, lines, (n) => n.toFixed(2))

/** Images to a loss by a run of our recipe at EDM's levels; infinite where it does not reach it. */
const imagesTo =
  (level: number) =>
  (rows: readonly Row[]): number | null => {
    const row = rows.find(({ contestant, isOwn }) => contestant === 'diffit-edm' && isOwn)
    const found = row?.reached.find(({ goal }) => goal === `loss ${level}`)
    return found === undefined ? null : (found.images ?? Number.POSITIVE_INFINITY)
  }

const qualityGoals: readonly GoalOf<readonly Row[]>[] = [
  { what: "validation loss 0.2, EDM's levels", unit: ' images', goal: 10_000, least: false, measure: imagesTo(0.2) },
  {
    what: "validation loss 0.153, EDM's levels",
    unit: ' images',
    goal: 50_000,
    least: false,
    measure: imagesTo(0.153),
  },
]

/** The goals of time to quality. */
export const qualityReached = (rows: readonly Row[]): string =>
  goalTable(qualityGoals, rows, (n) =>
    Number.isFinite(n) ? Math.round(n).toLocaleString('en') : 'more than its curve has',
  )

/**
 * When a run looks up from its steps: to save, to validate, to draw a grid. Pure: clocks come in as seconds. It decides
 * only what is looked at, never what is learnt.
 */

/** Seconds of work at which each thing was last done, and what it cost. */
export interface Diary {
  readonly saved: number
  readonly validated: number
  readonly validationCost: number
  readonly drawn: number
  /** Spent on grids in the whole run. */
  readonly drawing: number
}

const saveEvery = 120

export const saveDue = (d: Diary, now: number): boolean => now - d.saved >= saveEvery

/** At most every twentieth second is spent on it, and less and less often. */
export const validationDue = (d: Diary, now: number): boolean =>
  now - d.validated >= Math.max(15, 20 * d.validationCost, now / 20)

/** Grids on the way take at most a twentieth of the time so far, the last one at most another twentieth of it. */
const share = 0.05
/** The last grid of a short run may take this long all the same, or there would be none. */
const leastSeconds = 8

export const gridBudget = (d: Diary, now: number): number => share * now - d.drawing
export const lastGridBudget = (now: number): number => Math.max(leastSeconds, share * now)

/** Pauses between grids grow by a half. */
export const gridDue = (d: Diary, now: number): boolean => now >= Math.max(45, 1.5 * d.drawn)

export interface GridSize {
  readonly columns: number
  readonly steps: number
}

/**
 * The largest grid for a budget of seconds, at least one column; a column's fewer sampler steps come before none at all.
 * @param secondsOf of a grid
 */
export const gridSize = (budget: number, most: GridSize, secondsOf: (size: GridSize) => number): GridSize => {
  const fits = (size: GridSize): boolean => secondsOf(size) <= budget
  for (let columns = most.columns; columns >= 1; columns--) {
    const size = { columns, steps: most.steps }
    if (fits(size)) return size
  }
  for (let steps = most.steps; steps > 4; steps--) if (fits({ columns: 1, steps })) return { columns: 1, steps }
  return { columns: 1, steps: Math.min(4, most.steps) }
}

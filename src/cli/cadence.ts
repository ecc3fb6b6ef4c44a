/**
 * When a run saves, validates and draws a grid. Pure: times come in as seconds. It decides only what is looked at, never
 * what is learnt.
 */

export interface Cadence {
  readonly save_seconds: number
  /** At least so long between two validations; longer where they are slow or the run is old. */
  readonly validation_seconds: number
  /** When the first grid is due; pauses between grids grow by a half. */
  readonly grid_seconds: number
}

export const defaultCadence: Cadence = { save_seconds: 120, validation_seconds: 15, grid_seconds: 45 }

/** Seconds of work at which each thing was last done, and what it cost. */
export interface Timings {
  readonly saved: number
  readonly validated: number
  readonly validationCost: number
  readonly drawn: number
  /** Spent on grids in the whole run. */
  readonly drawing: number
}

export const saveDue = (c: Cadence, t: Timings, now: number): boolean => now - t.saved >= c.save_seconds

/** At most every twentieth second is spent on it, and less and less often. */
export const validationDue = (c: Cadence, t: Timings, now: number): boolean =>
  now - t.validated >= Math.max(c.validation_seconds, 20 * t.validationCost, now / 20)

/** Grids on the way take at most a twentieth of the time so far, the last one at most another twentieth of it. */
const share = 0.05
/** The last grid of a short run may take this long all the same, or there would be none. */
const leastSeconds = 8

export const gridBudget = (t: Timings, now: number): number => share * now - t.drawing
export const lastGridBudget = (now: number): number => Math.max(leastSeconds, share * now)

export const gridDue = (c: Cadence, t: Timings, now: number): boolean => now >= Math.max(c.grid_seconds, 1.5 * t.drawn)

export interface GridSize {
  readonly columns: number
  readonly steps: number
}

/**
 * The largest grid for a budget of seconds, at least one column; fewer sampler steps for one column come before no grid.
 * @param secondsOf a grid
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

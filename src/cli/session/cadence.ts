/**
 * When a run saves, validates and draws a sample grid. Pure: times come in as seconds. The cadence affects what is
 * reported, never what is learned.
 */

export interface Cadence {
  readonly save_seconds: number
  /** Minimum time between two validations; longer where validation is slow or the run is old. */
  readonly validation_seconds: number
  /** When the first grid is due; intervals between grids grow by half. */
  readonly grid_seconds: number
}

export const defaultCadence: Cadence = { save_seconds: 120, validation_seconds: 15, grid_seconds: 45 }

/** Seconds of work at which each was last done, and its cost. */
export interface Timings {
  readonly saved: number
  readonly validated: number
  readonly validationCost: number
  readonly drawn: number
  /** Total seconds spent on grids in the run. */
  readonly drawing: number
}

export const saveDue = (c: Cadence, t: Timings, now: number): boolean => now - t.saved >= c.save_seconds

/** Takes at most a twentieth of the time, at growing intervals. */
export const validationDue = (c: Cadence, t: Timings, now: number): boolean =>
  now - t.validated >= Math.max(c.validation_seconds, 20 * t.validationCost, now / 20)

/** Grids during the run take at most a twentieth of the time so far, the last one at most another twentieth. */
const share = 0.05
/** Minimum budget for the last grid, so that a short run gets one. */
const leastSeconds = 8

export const gridBudget = (t: Timings, now: number): number => share * now - t.drawing
export const lastGridBudget = (now: number): number => Math.max(leastSeconds, share * now)

export const gridDue = (c: Cadence, t: Timings, now: number): boolean => now >= Math.max(c.grid_seconds, 1.5 * t.drawn)

export interface GridSize {
  readonly columns: number
  readonly steps: number
}

/**
 * The largest grid within a budget of seconds, of at least one column; with one column, the sampler steps are reduced.
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

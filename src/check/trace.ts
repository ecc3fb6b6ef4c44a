/**
 * A run, kernel by kernel: what each computed, and the operation that made the first NaN. For debugging by eye; needs a
 * backend that can observe (`cpu`).
 */
import { type AnyProgram, explained } from '../lower/explained.ts'
import type { Backend } from '../plan/backend.ts'
import { type Feeds, type FeedsOf, withShapes } from '../plan/compiled.ts'
import type { Inputs, Tensors as Named, Program } from '../plan/program.ts'
import { fold, key } from '../random/key.ts'
import { recorded, type Tensor } from '../tensor/tensor.ts'
import { isTensor } from '../tensor/tree.ts'
import { type Points, place, type Tensors, within } from './point.ts'
import { head, lineOf, type TraceRow } from './traceRow.ts'
import { type NaNFault, watch } from './watch.ts'

/** What a trace shows, as data and as text. */
export interface Trace {
  /** Every kernel in order, up to the one that made the first NaN. */
  readonly rows: readonly TraceRow[]
  /** The first NaN; null if there was none. */
  readonly fault: NaNFault | null
  /** The rows as a table, and the sentence about the first NaN. */
  readonly text: string
}

/** How bare shapes are filled. */
export interface TraceOptions {
  /** Determines the values of bare shapes, as in `checkGradient`. */
  readonly seed?: number
  /** The interval from which values of bare shapes are drawn. */
  readonly interval?: readonly [low: number, high: number]
}

const run = async (backend: Backend, program: AnyProgram, feeds: Feeds): Promise<Trace> => {
  const about = explained(program)
  const rows: TraceRow[] = []
  const faults: NaNFault[] = []
  const observe = watch(about, { row: (row) => rows.push(row), fault: (fault) => faults.push(fault) })
  const executable = withShapes(about.plan, await backend.compile(about.plan, { observe }), { inputs: [] })
  try {
    await executable.run(feeds)
  } finally {
    await executable.dispose()
  }
  const [fault = null] = faults
  const end = fault === null ? `no NaN in ${rows.length} kernels` : fault.message
  return { rows, fault, text: [head, ...rows.map(lineOf), end].join('\n') }
}

/**
 * Runs a program once on its feeds. Lines of the user's code are known of a program that `program` built; it is built
 * again for that. Rejects with a `Refusal` where the backend cannot observe, and as `Executable.run` does.
 */
export const traceProgram =
  (backend: Backend) =>
  <O extends Named, S extends Named, I extends Inputs, N extends Named>(
    program: Program<O, S, I, N>,
    feeds: FeedsOf<I, N>,
  ): Promise<Trace> =>
    run(backend, program.recorded === undefined ? program : program.recorded(), feeds)

/**
 * Runs f once at points, which are what `checkGradient` takes: a shape, a { shape, values }, or a tree of these. f gives
 * one tensor or several by name. Rejects as `traceProgram` does.
 */
export const trace =
  (backend: Backend) =>
  async <P extends Points>(
    f: (x: Tensors<P>) => Tensor | Named,
    points: P,
    options: TraceOptions = {},
  ): Promise<Trace> => {
    const { seed = 0, interval = [-1, 1] } = options
    const { tensors, leaves } = place(points, within(interval), fold(key(seed), 0), {
      feed: (name) => name,
      mark: recorded,
    })
    const y = f(tensors)
    const outputs = isTensor(y) ? { output: y } : y
    const feeds = Object.fromEntries(leaves.map((x) => [x.feed, x.values]))
    return run(backend, { outputs, inputs: leaves.map((x) => x.tensor) }, feeds)
  }

/** An observer that makes rows of kernels, and finds the operation that made the first NaN. */
import type { Explained } from '../lower/explained.ts'
import type { Observed } from '../plan/backend.ts'
import { type FirstNaN, firstNaN, indexOf } from '../plan/firstNaN.ts'
import { formula } from '../plan/formula.ts'
import type { Plan } from '../plan/plan.ts'
import { at } from '../tensor/axes.ts'
import { lineOf as builtAt } from '../tensor/built.ts'
import { type Shape, size, text } from '../tensor/shape.ts'
import type { Strided } from '../tensor/tensor.ts'
import type { Origin } from '../transform/simplify.ts'
import { statistics, type TraceRow } from './traceRow.ts'

/** The first NaN of a run. */
export interface NaNFault {
  readonly row: TraceRow
  /** Where it is in the tensor that the kernel computes, or in the kernel's own result. */
  readonly place: readonly number[]
  /** `log`, and the numbers that it was given; null if NaN was fed. */
  readonly step: { readonly operation: string; readonly operands: readonly number[] } | null
  /** The operation as the program has it, `softmax`; null where the plan does not say. */
  readonly written: string | null
  readonly label: string | null
  /** The line that built the operation, `layer.ts:12:9`; null if the graph does not record it. */
  readonly line: string | null
  /** All of it in one sentence. */
  readonly message: string
}

/** The element of a tensor that is stored at a place; null if none is. */
const elementAt = ({ offset, shape, strides }: Strided, place: number): readonly number[] | null => {
  for (let i = 0; i < size(shape); i++) {
    const index = indexOf(i, shape)
    if (index.reduce((sum, n, axis) => sum + n * at(strides, axis), offset) === place) return index
  }
  return null
}

/** `the input "x" is NaN at [0, 1]`, or a buffer of the plan's own. */
const given = (plan: Plan, { buffer, place }: { readonly buffer: number; readonly place: number }): string => {
  const input = plan.inputs.find((slot) => slot.buffer === buffer)
  return input === undefined
    ? `${at(plan.buffers, buffer).name} is NaN at element ${place}`
    : `the input "${input.name}" is NaN at ${text(indexOf(place, input.shape))}`
}

const originOf = ({ part, kernel }: Explained, name: string, { cause }: FirstNaN): Origin | undefined => {
  const parts = cause.kind === 'step' ? cause.parts : []
  return parts.map(part).find((origin) => origin !== undefined) ?? kernel(name)?.origin
}

const faultOf = (explained: Explained, row: TraceRow, found: FirstNaN, total: number): NaNFault => {
  const stored = explained.kernel(row.name)
  const place = (stored === undefined ? null : elementAt(stored.view, found.stored)) ?? found.index
  const where = `kernel ${row.index}, ${row.name} ${text(row.shape)}`
  const many = `at ${text(place)} (${row.nans} of ${total} values)`
  if (found.cause.kind === 'read') {
    const message = `${where}: ${given(explained.plan, found.cause)}, as it was given: the first NaN, ${many}`
    return { row, place, step: null, written: null, label: null, line: null, message }
  }
  const { operation, operands } = found.cause
  const origin = originOf(explained, row.name, found)
  const label = origin?.label ?? null
  const written = origin === undefined ? null : origin.node.op
  const line = origin?.node.built === undefined ? null : builtAt(origin.node.built)
  const what = [
    `${operation}(${operands.join(', ')})`,
    ...(written === null || written === operation ? [] : [`in ${written}`]),
    ...(label === null ? [] : [`of "${label}"`]),
  ]
  const built = line === null ? '' : `, built at ${line}`
  const message = `${where}: ${what.join(' ')} made the first NaN, ${many}${built}`
  return { row, place, step: { operation, operands }, written, label, line, message }
}

export interface Watching {
  /** Given every kernel's row, in order, up to the one with the first NaN. */
  readonly row: (row: TraceRow) => void
  /** Given the first NaN, after its row. */
  readonly fault: (fault: NaNFault) => void
}

/** For `CompileOptions.observe`, of the plan that is explained. */
export const watch = (explained: Explained, { row: say, fault }: Watching): ((observed: Observed) => void) => {
  const { plan, part } = explained
  const bufferName = (buffer: number): string => at(plan.buffers, buffer).name
  const nameOf = (e: Parameters<Explained['part']>[0]): string | null => part(e)?.label ?? null
  const seen = { kernels: 0, nan: false }
  return (observed) => {
    if (seen.nan) return
    const shape: Shape = explained.kernel(observed.name)?.view.shape ?? observed.shape
    const row: TraceRow = {
      index: seen.kernels,
      name: observed.name,
      formula: formula(observed.nest, bufferName, nameOf),
      shape,
      ...statistics(observed.values),
    }
    seen.kernels += 1
    say(row)
    const found = firstNaN(observed)
    if (found === null) return
    seen.nan = true
    fault(faultOf(explained, row, found, observed.values.length))
  }
}

/** What the parts of a nest's function share while it is being written. */
import { at, range } from '../../src/tensor/axes.ts'
import type { CoreOp, Expression } from '../../src/tensor/expression.ts'
import { type Instruction, steps } from './expression.ts'
import type { Madd } from './math.ts'
import type { NestShape } from './nest.ts'
import { fieldsOf, type NestFields } from './nestFields.ts'
import { type Body, get, i32, load, mul, set } from './wat.ts'

/** Locals that hold an address of each operand. */
export type Pointers = readonly string[]

export interface NestContext {
  readonly body: Body
  readonly madd: Madd
  readonly shape: NestShape
  readonly fields: NestFields
  /** Reads a word of the descriptor. */
  readonly word: (field: number) => string
  /** The same, from a local that is set where the word is first asked for. */
  readonly known: (field: number) => string
  /** The operands that the vector axis moves; the store is the last operand. */
  readonly moving: readonly number[]
  readonly store: number
  /** Bytes of each operand between neighbours on the vector axis. */
  readonly strides: readonly string[]
  /** Bytes from the first lane of a vector to each of its lanes, of operands that are not contiguous. */
  readonly lanes: readonly (readonly string[])[]
  /** Where the operands of a cell begin. */
  readonly pointers: Pointers
  /** The expression; the last step is its value. */
  readonly steps: readonly Instruction[]
  readonly root: number
  /** The two steps whose product is the value, if one multiply-add can both multiply them and add to the sum. */
  readonly factors: readonly [number, number] | null
}

/** The operands that a loop moves. */
export const movedBy = (
  { operands }: NestShape,
  kind: 'outer' | 'inner' | 'reduced',
  loop: number,
): readonly number[] => range(operands.length).filter((j) => at(at(operands, j)[kind], loop))

/** Whether an operand is the same in all iterations of the innermost loops. */
const isStill =
  ({ style, operands }: NestShape) =>
  (operand: number): boolean => {
    const { step, reduced } = at(operands, operand)
    return (style === 'kept' || step === 'still') && reduced.every((moved) => !moved)
  }

const isOperation = (e: Expression, op: CoreOp): boolean => e.kind === 'core' && e.op === op

const factorsOf = ({ fold }: NestShape, { expression, args, still }: Instruction): NestContext['factors'] =>
  fold !== null && isOperation(fold.combine, 'add') && !still && isOperation(expression, 'mul')
    ? [at(args, 0), at(args, 1)]
    : null

/** Reads words of the descriptor at `$d` into locals. */
const knownIn = (body: Body, word: (field: number) => string): ((field: number) => string) => {
  const locals = new Map<number, string>()
  return (field) => {
    const id = locals.get(field) ?? body.local('i32')
    if (!locals.has(field)) body.line(set(id, word(field)))
    locals.set(field, id)
    return get(id)
  }
}

/** Begins the function: every stride of the vector axis is read once. */
export const nestContext = (body: Body, shape: NestShape, madd: Madd): NestContext => {
  const { operands } = shape
  const fields = fieldsOf(shape)
  const word = (field: number): string => load(get('$d'), 4 * field)
  const known = knownIn(body, word)
  const strides = operands.map(({ step }, j) => (step === 'stride' ? known(fields.vectorStride(j)) : i32(4)))
  const lanes = strides.map((stride, j) =>
    at(operands, j).step === 'stride'
      ? [i32(0), stride, body.let('i32', mul(stride, i32(2))), body.let('i32', mul(stride, i32(3)))]
      : [],
  )
  const list = steps(shape.expression, isStill(shape))
  const root = list.length - 1
  return {
    body,
    madd,
    shape,
    fields,
    word,
    known,
    moving: range(operands.length).filter((j) => at(operands, j).step !== 'still'),
    store: operands.length - 1,
    strides,
    lanes,
    pointers: body.locals('i32', operands.length),
    steps: list,
    root,
    factors: factorsOf(shape, at(list, root)),
  }
}

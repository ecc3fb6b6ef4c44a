/** What the parts of the contracts' function share while it is being written. */
import { type Addresses, modes, word } from './contractFields.ts'
import { type Form, walkNames } from './microkernel.ts'
import { type Body, i32 } from './wat.ts'

type Mode = keyof typeof modes

/** The names of the function's locals. */
interface Locals {
  /** The cell's first group of rows: of all batches, then of its own; how many groups it takes, its rows [m0, m1). */
  readonly q: string
  readonly group: string
  readonly take: string
  readonly m0: string
  readonly m1: string
  /** Rows of a block of k, where a and c have their offsets, and a itself, which may be packed. */
  readonly from: string
  readonly to: string
  readonly tableA: string
  readonly tableC: string
  readonly sourceA: string
  /** The next block of an a that is packed before the region. */
  readonly aheadA: string
  /** A panel of columns, among [j0, j1). */
  readonly j: string
  readonly j0: string
  readonly j1: string
  /** Records of a batch, of a block of k among those before `kEnd`, of a panel. */
  readonly batch: string
  readonly k: string
  readonly kEnd: string
  readonly panel: string
  /** b as the microkernel reads it. */
  readonly b: string
}

const localsOf = (body: Body): Locals => {
  const [q, group, take, m0, m1] = body.locals('i32', 5)
  const [from, to, tableA, tableC, sourceA, aheadA] = body.locals('i32', 6)
  const [j, j0, j1, batch, k, kEnd, panel, b] = body.locals('i32', 8)
  return { q, group, take, m0, m1, from, to, tableA, tableC, sourceA, aheadA, j, j0, j1, batch, k, kEnd, panel, b }
}

/** What the loops share while they are being written. */
export interface ContractContext {
  readonly body: Body
  readonly form: Form
  readonly addresses: Addresses
  readonly locals: Locals
  /** Conditions: how b is read; whether rows of a are packed. */
  readonly is: (mode: Mode) => string
  readonly packsRows: string
}

/** Begins the function. */
export const contractContext = (body: Body, form: Form, addresses: Addresses): ContractContext => {
  const locals = localsOf(body)
  const mode = body.let('i32', word('mode'))
  return {
    body,
    form,
    addresses,
    locals,
    is: (name) => `(i32.eq ${mode} ${i32(modes[name])})`,
    packsRows: `(i32.eq ${word('walk')} ${i32(walkNames.indexOf('panels'))})`,
  }
}

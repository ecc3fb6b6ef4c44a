/**
 * The state of a training as the tensors of a file, by name and in PyTorch's layouts:
 *
 *   param.<parameter>  ema.<parameter>  <state of the optimiser>.<parameter>, such as adam.m.<parameter>
 *
 * Law: stateFrom(states)(tensorsOf(states, state)) = state.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decode, type Entry, encode } from '../nn/spec.ts'
import type { Numbers } from '../plan/backend.ts'
import type { StateSpec } from './optimiser.ts'

/** The layout of each state, by its name. */
export type States = Readonly<Record<string, StateSpec>>
/** Values [P] by the state's name. */
export type State = Readonly<Record<string, Numbers>>

const prefixes: Readonly<Record<string, string>> = { theta: 'param.', average: 'ema.' }
const prefixOf = (name: string): string => prefixes[name] ?? `${name}.`

interface Tensor extends Entry {
  readonly dtype: 'F32' | 'F64'
}

/** The state as tensors of a file, by name, in the precision of the values. */
export const tensorsOf = (states: States, state: State): ReadonlyMap<string, Tensor> =>
  new Map(
    Object.entries(states).flatMap(([name, { spec }]) => {
      const values = state[name]
      if (values === undefined) throw new TypeError(`the state has no "${name}"`)
      const dtype: Tensor['dtype'] = values instanceof Float32Array ? 'F32' : 'F64'
      return Object.entries(encode(spec)(values)).map(
        ([parameter, entry]) => [`${prefixOf(name)}${parameter}`, { dtype, ...entry }] as const,
      )
    }),
  )

interface Stored {
  readonly shape: readonly number[]
  readonly values: Numbers
}

/** The state that the tensors of a file hold; the error names the tensor that is missing, unknown or of another shape. */
export const stateFrom =
  (states: States) =>
  (tensors: ReadonlyMap<string, Stored>): E.Either<string, Readonly<Record<string, Float64Array>>> =>
    pipe(
      Object.entries(states),
      E.traverseArray(([name, { spec }]) => {
        const prefix = prefixOf(name)
        const entries = [...tensors]
          .filter(([full]) => full.startsWith(prefix))
          .map(([full, { shape, values }]): readonly [string, Entry] => [
            full.slice(prefix.length),
            { shape, values: values instanceof Float32Array ? new Float32Array(values) : new Float64Array(values) },
          ])
        return pipe(
          decode(spec)(Object.fromEntries(entries)),
          E.bimap(
            (what) => `${prefix}*: ${what}`,
            (values) => [name, values] as const,
          ),
        )
      }),
      E.map((all) => Object.fromEntries(all)),
    )

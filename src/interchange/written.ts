/** The tensors of a file of any layout, made slice by slice from wherever the parameters are. */
import { ContentError } from '../io/atomic.ts'
import type { MadeTensor } from '../io/tensorFile.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { gatherFile } from '../nn/fileRuns.ts'
import { leavesOf } from '../nn/spec.ts'
import type { Numbers } from '../plan/backend.ts'
import type { FileTensor } from './layout.ts'
import type { Source } from './source.ts'

/** The types of numbers in which parameters are written. */
export const parameterDtypes = ['F32', 'F16', 'BF16', 'F64'] as const
/** A type of numbers in which parameters are written. */
export type ParameterDtype = (typeof parameterDtypes)[number]

/** Parameters that can be written: of each, by our name, the type of its numbers, and its values. */
export interface Writing {
  readonly dtype: (name: string) => ParameterDtype
  readonly slices: (name: string) => MadeTensor['slices']
}

const isParameterDtype = (dtype: string): dtype is ParameterDtype => parameterDtypes.some((one) => one === dtype)

/** The parameters of a file as they are, or in another type of numbers. */
export const fromSource = (
  { dtype, slices }: Pick<Source, 'dtype' | 'slices'>,
  as: ParameterDtype | null,
): Writing => ({
  dtype: (name) => {
    const own = dtype(name)
    return as ?? (isParameterDtype(own) ? own : 'F32')
  },
  slices: (name) =>
    async function* () {
      for await (const { values } of slices(name)) yield values
    },
})

/** Elements of a parameter that are gathered at a time. */
const together = 2 ** 18

/** Parameters theta [P] of a model. */
export const fromTheta = ({ spec }: Pick<ConfiguredModel, 'spec'>, theta: Numbers, dtype: ParameterDtype): Writing => {
  const leaves = new Map(leavesOf(spec).map((leaf) => [leaf.name, leaf]))
  return {
    dtype: () => dtype,
    slices: (name) =>
      function* () {
        const leaf = leaves.get(name)
        if (leaf === undefined) throw new RangeError(`there is no parameter "${name}"`)
        const gather = gatherFile(theta, leaf)
        const room = dtype === 'F64' ? new Float64Array(together) : new Float32Array(together)
        for (let from = 0; from < leaf.size; from += together) {
          const slice = room.subarray(0, Math.min(together, leaf.size - from))
          gather(from, slice)
          yield slice
        }
      },
  }
}

/** Numbers of this size and beyond are infinite in F16. */
const infiniteInHalf = 65520

/** Values that F16 holds; a ContentError names the parameter that has another. */
const held = (name: string, slices: MadeTensor['slices']): MadeTensor['slices'] =>
  async function* () {
    for await (const values of slices()) {
      const beyond = values.find((x) => Number.isFinite(x) && Math.abs(x) >= infiniteInHalf)
      if (beyond !== undefined)
        throw new ContentError(`tensor "${name}" has the number ${beyond}, which F16 does not hold: write BF16 or F32`)
      yield values
    }
  }

const single: ParameterDtype = 'F32'

/** The tensors of a file with these names, under a prefix. */
export const written = (tensors: readonly FileTensor[], from: Writing, prefix: string): readonly MadeTensor[] => {
  const [first] = tensors.flatMap(({ holds }) => (holds.kind === 'parameter' ? [holds.name] : []))
  const usual = first === undefined ? single : from.dtype(first)
  return tensors.map(({ name, shape, holds }): MadeTensor => {
    const named = { name: `${prefix}${name}`, shape }
    if (holds.kind === 'constant')
      return { ...named, dtype: holds.whole ? 'I64' : usual, slices: () => [holds.values()] }
    const [dtype, slices] = [from.dtype(holds.name), from.slices(holds.name)]
    return { ...named, dtype, slices: dtype === 'F16' ? held(named.name, slices) : slices }
  })
}

/** Where parameters come from: an open file of any layout, whose values are read slice by slice by our names. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DtypeName } from '../io/dtype.ts'
import type { Slice, TensorFile } from '../io/tensorFile.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { type Models, models } from '../models/models.ts'
import { type Metadata, modelOfFile } from './card.ts'
import type { Layout, Weights } from './layout.ts'
import { layouts } from './layouts.ts'
import { type Matched, matched } from './matched.ts'

/** How a file is read. */
export interface ReadOptions {
  /** Which parameters, of a file that has several: the average unless given. */
  readonly weights?: Weights
  /** The model, of a file that does not say its configuration, or where another is meant. */
  readonly model?: ConfiguredModel
  /** The models that a file may be of; the package's unless given. */
  readonly models?: Models
  /** Why a file of a model is not what is wanted: a Left of one sentence. */
  readonly expects?: (model: ConfiguredModel) => E.Either<string, unknown>
}

/** The parameters of a model, wherever they are. */
export interface Source {
  readonly model: ConfiguredModel
  readonly layout: Layout
  /** Which parameters they are, as far as the file says. */
  readonly weights: Weights
  readonly metadata: Metadata
  /** The type of a parameter's numbers there, by our name. */
  readonly dtype: (name: string) => DtypeName
  /** The values of a parameter, by our name, in the order of `Parameter.file`; valid until the next slice. */
  readonly slices: (name: string) => AsyncGenerator<Slice, void>
}

/** How far numbers of a type may be from what they stand for. */
const rounding = (dtype: DtypeName): number => (dtype === 'BF16' ? 2 ** -8 : dtype === 'F16' ? 2 ** -10 : 1e-5)

const dtypeIn = ({ entries }: TensorFile, name: string): DtypeName => {
  const found = entries.get(name)
  if (found === undefined) throw new RangeError(`there is no tensor "${name}"`)
  return found.dtype
}

/** One sentence for a fixed tensor that has other numbers than the configuration says; null if it has them. */
const differs = async (file: TensorFile, { tensor, inFile }: Matched): Promise<string | null> => {
  if (tensor.holds.kind === 'parameter') return null
  const [values, dtype] = [tensor.holds.values(), dtypeIn(file, inFile)]
  for await (const { from, values: found } of file.slices(inFile)) {
    const wrong = found.findIndex((x, i) => !(Math.abs(x - (values[from + i] ?? Number.NaN)) <= rounding(dtype)))
    if (wrong >= 0)
      return `tensor "${inFile}" is not what this model computes with: element ${from + wrong} is ${found[wrong]}, expected ${values[from + wrong]}`
  }
  return null
}

/** The layout of a file with these names: the first of the table that recognises it. */
export const layoutOf = (names: readonly string[]): E.Either<string, Layout> =>
  pipe(
    layouts.find(({ recognises }) => recognises(names)),
    E.fromNullable('no layout is known that has its names'),
  )

/** Of a file whose names do not tell which parameters they are, what its card says; else what was asked for. */
const weightsIn = ({ prefixes }: Layout, { weights: said }: Metadata, asked: Weights): Weights =>
  prefixes('average')[0] === prefixes('theta')[0] && (said === 'theta' || said === 'average') ? said : asked

/** The parameters of an open file; the error is one sentence, which names the tensor that is wrong. */
export const sourceOf = async (
  file: TensorFile,
  { weights = 'average', model, models: table = models, expects = E.right }: ReadOptions = {},
): Promise<E.Either<string, Source>> => {
  const shapes = new Map([...file.entries].map(([name, { shape }]) => [name, shape]))
  const about = pipe(
    layoutOf([...shapes.keys()]),
    E.bindTo('layout'),
    E.bind('model', ({ layout }) => modelOfFile({ metadata: file.metadata, shapes }, layout, model ?? null, table)),
    E.chainFirst((known) => expects(known.model)),
    E.bind('all', ({ layout, model }) => matched(layout, model, shapes, weights)),
  )
  if (E.isLeft(about)) return about
  const { all, layout } = about.right
  for (const one of all) {
    const wrong = await differs(file, one)
    if (wrong !== null) return E.left(wrong)
  }
  const inFile = new Map(
    all.flatMap((one) => (one.tensor.holds.kind === 'parameter' ? [[one.tensor.holds.name, one.inFile]] : [])),
  )
  const nameOf = (name: string): string => {
    const found = inFile.get(name)
    if (found === undefined) throw new RangeError(`there is no parameter "${name}"`)
    return found
  }
  return E.right({
    model: about.right.model,
    layout,
    weights: weightsIn(layout, file.metadata, weights),
    metadata: file.metadata,
    dtype: (name) => dtypeIn(file, nameOf(name)),
    slices: (name) => file.slices(nameOf(name)),
  })
}

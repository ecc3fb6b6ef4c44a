/**
 * `diffit convert FROM TO`: parameters from a run or a file of any layout that is known into a file of another layout, in another
 * type of numbers, or into ONNX. Slice by slice: a conversion takes next to no memory, whatever the size of the model. The file
 * says the configuration and the training in its metadata, so that it is loaded without its run.
 */
import { realpath } from 'node:fs/promises'
import { extname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { suggestion } from '../../codec/nearest.ts'
import { cardOf } from '../../interchange/card.ts'
import { ditLayout } from '../../interchange/diffitLayout.ts'
import type { Layout, Weights } from '../../interchange/layout.ts'
import { layouts, parametersLayout } from '../../interchange/layouts.ts'
import { saveOnnx } from '../../interchange/onnx/exportOnnx.ts'
import { thetaOf } from '../../interchange/parameters.ts'
import { type Source, sourceOf } from '../../interchange/source.ts'
import { fromSource, type ParameterDtype, written } from '../../interchange/written.ts'
import { ContentError } from '../../io/atomic.ts'
import { companions, protobufjs } from '../../io/companion.ts'
import { dtypes } from '../../io/dtype.ts'
import { type MadeTensor, saveTensors, type TensorFile, withTensors } from '../../io/tensorFile.ts'
import type { ConfiguredModel } from '../../models/model.ts'
import { preset } from '../../models/models.ts'
import { count } from '../../nn/spec.ts'
import { size } from '../../tensor/shape.ts'
import { fail, must, mustBe } from '../errors.ts'
import type { EncodingProgress } from '../latents/encodingProgress.ts'
import { dtypesByName } from '../settings/calls/convertCalls.ts'
import { calls } from '../settings/calls.ts'
import type { OptionsOf } from '../settings/options.ts'
import { type Catalogue, standard } from '../settings/options.ts'
import { fileMeant } from './from.ts'
import { partOf } from './parts.ts'
import { type ConversionProgress, type Meter, meter } from './progress.ts'
import { scaleAsked } from './scale.ts'
import { makeTarget, requireOurs, type Target, targetMeant, writeCard } from './target.ts'

/** What a conversion says and shows, and whether it was asked to stop. */
export interface ConvertEnvironment {
  readonly say: (line: string) => void
  readonly progress: ConversionProgress
  readonly stopped: () => boolean
  /** Shows the encoding of a run's pictures, for the scale of their latents; nothing is shown unless given. */
  readonly encoding?: EncodingProgress
  /** Folders for the latents of data sets; the usual ones unless given. */
  readonly caches?: readonly string[]
}

/** Shows nothing. */
export const unseen = { show: () => undefined, stop: () => undefined } satisfies ConversionProgress & EncodingProgress

type Options = OptionsOf<'convert'>

const words: Readonly<Record<Weights, string>> = {
  average: 'the average of a training',
  theta: 'the last of a training',
}

/** The layout that is written, null for ONNX; and where. */
const layoutMeant = async (to: string, { format }: Options): Promise<readonly [Layout | null, Target]> => {
  const extension = extname(to).toLowerCase()
  const wanted = format ?? (extension === '.onnx' ? 'onnx' : parametersLayout.name)
  const expected = wanted === 'onnx' ? '.onnx' : '.safetensors'
  const target = await targetMeant(to, expected)
  if (extname(target.file).toLowerCase() !== expected)
    fail(`${to} is to be written as ${wanted}: expected a folder, or a file that ends in ${expected}`)
  if (wanted === 'onnx') return [null, target]
  return [
    layouts.find(({ name }) => name === wanted) ??
      fail(
        `--format: ${suggestion(
          wanted,
          layouts.map((one) => one.name),
        )}`,
      ),
    target,
  ]
}

/** The same tensors, counted while they are written. */
const counted = (tensors: readonly MadeTensor[], { begin, add }: Meter): readonly MadeTensor[] => {
  const bytes = ({ shape, dtype }: MadeTensor): number => size(shape) * dtypes[dtype].bytes
  begin(
    'writing',
    tensors.reduce((sum, one) => sum + bytes(one), 0),
  )
  return tensors.map((one) => ({
    ...one,
    async *slices() {
      for await (const values of one.slices()) {
        add(values.length * dtypes[one.dtype].bytes)
        yield values
      }
    },
  }))
}

const tensorsOf = (to: string, layout: Layout, source: Source, weights: Weights, dtype: ParameterDtype | null) => {
  const tensors = layout.tensors(source.model)
  if (tensors === null)
    return fail(`cannot write ${to}: no file of ${layout.about} is of the model "${source.model.config.model}"`)
  return written(tensors, fromSource(source, dtype), layout.prefixes(weights)[0])
}

/** Options that shape a network in ONNX have no meaning for a file of parameters. */
const refuseOnnxOnly = (layout: Layout, { part, batch }: Options): void => {
  const flag = part === undefined ? (batch === undefined ? null : '--batch') : '--part'
  if (flag !== null)
    fail(`${flag} is for ONNX, but ${layout.name} is to be written: name a .onnx file, or leave it out`)
}

interface Asked {
  readonly weights: Weights
  readonly model: ConfiguredModel | null
  readonly known: Catalogue
}

const readAs = (file: TensorFile, { model, known }: Asked, weights: Weights) =>
  sourceOf(file, { weights, models: known.models, ...(model === null ? {} : { model }) })

/** The other parameters of a file that has both, for a layout that has both too. */
const both = async (
  file: TensorFile,
  layout: Layout,
  asked: Asked,
): Promise<readonly (readonly [Weights, Source])[]> => {
  if (layout.name !== ditLayout.name) return []
  const other = asked.weights === 'average' ? 'theta' : 'average'
  const found = await readAs(file, asked, other)
  const alone =
    E.isRight(found) && found.right.layout.prefixes(other)[0] === found.right.layout.prefixes(asked.weights)[0]
  return E.isRight(found) && !alone ? [[other, found.right]] : []
}

type Write = (file: TensorFile, source: Source, gauge: Meter) => Promise<E.Either<string, ConfiguredModel>>

const tensors =
  (to: string, layout: Layout, asked: Asked, dtype: ParameterDtype | null): Write =>
  async (file, source, gauge) => {
    const sources: readonly (readonly [Weights, Source])[] = [
      [source.weights, source],
      ...(await both(file, layout, asked)),
    ]
    const all = sources.flatMap(([weights, each]) => tensorsOf(to, layout, each, weights, dtype))
    const metadata = cardOf(source.model, layout, source.weights, source.metadata)
    return pipe(
      await saveTensors(to, { tensors: counted(all, gauge), metadata })(),
      E.map(() => source.model),
    )
  }

const onnx =
  (to: string, { batch, part, dtype }: Options): Write =>
  async (_, source, { begin, add }) => {
    if (dtype !== undefined && dtype !== 'f32') fail(`--dtype ${dtype}: ONNX files are written in f32`)
    const { program, name } = partOf(source.model, part, batch ?? calls.onnxBatch.about.default)
    begin('reading', 4 * count(source.model.spec))
    const theta = await thetaOf(source, (values) => add(4 * values))
    const metadata = cardOf(source.model, { name: 'onnx' }, source.weights, source.metadata)
    return pipe(
      await saveOnnx(to, { program, spec: source.model.spec, theta }, { name, metadata })(),
      E.map(() => source.model),
    )
  }

const given =
  <A>(result: A) =>
  () =>
    result
const thrown = (error: unknown) => (): never => {
  throw error
}

const paths = async (from: string, to: string): Promise<void> => {
  const real = (path: string): Promise<string | null> => realpath(path).catch(() => null)
  const [a, b] = [await real(from), await real(to)]
  if (a !== null && a === b) fail(`${to} is what is converted: name another file`)
}

/** Converts; whatever is wrong ends the command in one sentence, with nothing written. */
export const convert = async (
  from: string,
  where: string,
  o: Options,
  { say, progress, stopped, encoding = unseen, caches }: ConvertEnvironment,
  known: Catalogue = standard,
): Promise<void> => {
  const [layout, target] = await layoutMeant(where, o)
  const to = target.file
  const asked: Asked = {
    weights: o.weights === 'theta' ? 'theta' : 'average',
    model:
      o.preset === undefined
        ? null
        : mustBe(E.mapLeft((why: string) => `--preset: ${why}`)(preset(o.preset, known.models))),
    known,
  }
  const dtype = o.dtype === undefined ? null : dtypesByName[o.dtype]
  if (layout === null) await must(companions('diffit convert to ONNX')([protobufjs]))
  else refuseOnnxOnly(layout, o)
  await paths(from, to)
  await requireOurs(target)
  const gauge = meter(progress, () => {
    if (stopped()) throw new ContentError('stopped')
  })
  try {
    const path = await fileMeant(from, gauge, say)
    const finish = await must(
      withTensors(path, async (file) => {
        const source = await readAs(file, asked, asked.weights)
        if (E.isLeft(source)) return source
        if (o.weights !== undefined && asked.weights !== source.right.weights)
          return E.left(
            `its parameters are ${words[source.right.weights]}: expected ${words[asked.weights]}, for --weights ${asked.weights}`,
          )
        const write = layout === null ? onnx(to, o) : tensors(to, layout, asked, dtype)
        const { weights } = source.right
        const whole = async () => {
          const measuring = { known, progress: encoding, stopped, ...(caches === undefined ? {} : { caches }) }
          const run = path === from ? null : from
          const scale = o.latentScale === undefined ? {} : await scaleAsked(o.latentScale, run, source.right, measuring)
          const metadata = { ...source.right.metadata, ...scale }
          await must(makeTarget(target))
          return pipe(
            await write(file, { ...source.right, metadata }, gauge),
            E.bindTo('model'),
            E.let('weights', () => weights),
            E.let('metadata', () => metadata),
          )
        }
        // what goes wrong there is no fault of the file that is read
        return E.right(await whole().then(given, thrown))
      }),
    )
    const { model, ...about } = mustBe(finish())
    await must(writeCard(target, { ...about, model, layout }))
    progress.stop()
    const kind = layout === null ? 'ONNX' : layout.about
    say(`${to}: ${count(model.spec).toLocaleString('en')} parameters of the model "${model.config.model}", as ${kind}`)
  } catch (error) {
    if (stopped()) fail(`stopped: ${to} was not written`)
    throw error
  } finally {
    progress.stop()
  }
}

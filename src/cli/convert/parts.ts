/** The programs of a model that can stand in a file of their own, by the objective that trains it. */
import { decoding, encoding, latentShapeOf } from '../../autoencoder/task.ts'
import { suggestion } from '../../codec/nearest.ts'
import type { ConfiguredModel, ConfiguredModelOf, ObjectiveName } from '../../models/model.ts'
import type { Program } from '../../plan/program.ts'
import { fail } from '../errors.ts'
import { networkOf } from '../objectives/objectives.ts'
import { autoencoderShapes } from '../objectives/reconstruction.ts'

type Parts = Readonly<Record<string, (batch: number) => Pick<Program, 'outputs'>>>

/** Parts beside the whole network. */
const parts: { readonly [K in ObjectiveName]: (model: ConfiguredModelOf<K>) => Parts } = {
  denoising: () => ({}),
  classification: () => ({}),
  reconstruction: (model) => ({
    encode: (batch) => encoding(model, autoencoderShapes(model, batch)),
    decode: (batch) => decoding(model, { ...latentShapeOf(model, model.shape), batch }),
  }),
}

const ofModel = <K extends ObjectiveName>(model: ConfiguredModelOf<K>): Parts => parts[model.objective](model)

/** A part of a model by name, or its whole network, for so many images. */
export const partOf = (
  model: ConfiguredModel,
  part: string | undefined,
  batch: number,
): { readonly name: string; readonly program: Pick<Program, 'outputs'> } => {
  const { model: name } = model.config
  if (part === undefined) return { name, program: networkOf(model, batch) }
  const all = ofModel(model)
  const program = all[part]
  if (program === undefined)
    return fail(
      Object.keys(all).length === 0
        ? `--part ${part}: the model "${name}" has no parts`
        : `--part ${part}: ${suggestion(part, Object.keys(all))}`,
    )
  return { name: `${name} ${part}`, program: program(batch) }
}

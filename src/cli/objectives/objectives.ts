/** The table of objectives: what trains a model is what the model says. */
import type { ConfiguredModel, ConfiguredModelOf, ObjectiveName } from '../../models/model.ts'
import type { Program } from '../../plan/program.ts'
import { fail } from '../errors.ts'
import type { Settings } from '../settings/options.ts'
import { classification } from './classification.ts'
import { denoising } from './denoising.ts'
import type { Objective, ObjectiveOf } from './objective.ts'
import { reconstruction } from './reconstruction.ts'

export const objectives: { readonly [K in ObjectiveName]: ObjectiveOf<K> } = {
  denoising,
  classification,
  reconstruction,
}

const ofModel = <K extends ObjectiveName>(model: ConfiguredModelOf<K>): ObjectiveOf<K> => objectives[model.objective]

const objectiveFor = <K extends ObjectiveName>(model: ConfiguredModelOf<K>, settings: Settings): Objective =>
  ofModel(model).of(model, settings)
const networkFor = <K extends ObjectiveName>(model: ConfiguredModelOf<K>, batch: number): Program =>
  ofModel(model).network(model, batch)

/** What trains a model under these settings. */
export const objectiveOf = (model: ConfiguredModel, settings: Settings): Objective => objectiveFor(model, settings)

/** The model of a run that samples; the sentence names the folder of one that is trained for something else, and what that is for. */
export const denoiserOfRun = (folder: string, model: ConfiguredModel): ConfiguredModelOf<'denoising'> => {
  if (model.objective === 'denoising') return model
  const { trains, next } = objectives[model.objective]
  const way = next(folder)
  return fail(
    `${folder} is a run of ${trains}, which generates no images: expected a run of ${objectives.denoising.trains}${way === null ? '' : `; ${way}`}`,
  )
}

/** The network of a model, for validation and pictures. */
export const networkOf = (model: ConfiguredModel, batch: number): Program => networkFor(model, batch)

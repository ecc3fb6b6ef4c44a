/** The model of a run's settings, from the table of models. */
import type { ConfiguredModel } from '../models/model.ts'
import { decodeModel } from '../models/models.ts'
import { mustBe } from './errors.ts'
import type { Catalogue, Settings } from './settings/options.ts'

export const modelOf = ({ model }: Pick<Settings, 'model'>, { models }: Pick<Catalogue, 'models'>): ConfiguredModel =>
  mustBe(decodeModel(model, models))

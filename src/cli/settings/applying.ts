/** Which settings apply: objectives have settings of their own, as have models of latents; other configurations do not have them. */
import { at } from '../../codec/merged.ts'
import type { Model } from '../../models/model.ts'
import { leavesOf, nameOf, type Row } from './option.ts'
import type { Catalogue } from './options.ts'

/** The model of these settings; null where they name none that is known. */
const modelIn = (values: unknown, { models }: Pick<Catalogue, 'models'>): Model | null =>
  models.find(({ name }) => name === at(values, ['model', 'model'])) ?? null

const ofObjective = ({ about: { objectives } }: Row, { objective }: Model): boolean =>
  objectives === undefined || objectives.includes(objective)
const ofSpace = ({ about }: Row, { space }: Model): boolean => about.space === undefined || about.space === space

const applies = (row: Row, model: Model | null): boolean =>
  model === null || (ofObjective(row, model) && ofSpace(row, model))

/**
 * The settings of a configuration, one row for each, in the order of config.yaml.
 * @param values of the settings, nested as in config.yaml: its model says which apply
 */
export const applying = (known: Catalogue, values: unknown): readonly Row[] => {
  const model = modelIn(values, known)
  return leavesOf(known.rows, values).filter((row) => applies(row, model))
}

/** The sentence about a setting that is said where it does not apply; null if there is none. */
export const outOfPlace = (said: unknown, values: unknown, known: Catalogue): string | null => {
  const model = modelIn(values, known)
  const row = known.rows.find((row) => !applies(row, model) && at(said, row.path) !== undefined)
  if (row === undefined || model === null) return null
  return ofObjective(row, model)
    ? `${nameOf(row)} is a setting of models of ${row.about.space}, but this model is of ${model.space}: leave it out`
    : `${nameOf(row)} is a setting of ${row.about.objectives?.join(' and ')}, but this model is trained by ${model.objective}: leave it out`
}

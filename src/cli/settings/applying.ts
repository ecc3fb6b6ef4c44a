/** Which settings apply: an objective has settings of its own, and configurations of other objectives do not have them. */
import { at } from '../../codec/merged.ts'
import type { ObjectiveName } from '../../models/model.ts'
import { leavesOf, nameOf, type Row } from './option.ts'
import type { Catalogue } from './options.ts'

/** The objective that trains the model of these settings; null where they name no model that is known. */
const objectiveIn = (values: unknown, { models }: Pick<Catalogue, 'models'>): ObjectiveName | null =>
  models.find(({ name }) => name === at(values, ['model', 'model']))?.objective ?? null

const applies = ({ about: { objectives } }: Row, objective: ObjectiveName | null): boolean =>
  objectives === undefined || objective === null || objectives.includes(objective)

/**
 * The settings of a configuration, one row for each, in the order of config.yaml.
 * @param values of the settings, nested as in config.yaml: its model says which apply
 */
export const applying = (known: Catalogue, values: unknown): readonly Row[] => {
  const objective = objectiveIn(values, known)
  return leavesOf(known.rows, values).filter((row) => applies(row, objective))
}

/** The sentence about a setting that is said where it does not apply; null if there is none. */
export const outOfPlace = (said: unknown, values: unknown, known: Catalogue): string | null => {
  const objective = objectiveIn(values, known)
  const row = known.rows.find((row) => !applies(row, objective) && at(said, row.path) !== undefined)
  return row === undefined || objective === null
    ? null
    : `${nameOf(row)} is a setting of ${row.about.objectives?.join(' and ')}, but this model is trained by ${objective}: leave it out`
}

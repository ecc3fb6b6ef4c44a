/** The texts of the presets, with one block at each width, are valid; `validity.ts` takes whole presets. */
import t from 'tap'
import { models, presetsOf } from '../../../src/models/models.ts'
import { validations } from './validity.ts'

t.test('every text of the training step of every preset is valid on every device', async (t) => {
  const seen: string[] = []
  for (const validate of validations(false)) {
    const { names, dispatches } = await validate()
    t.ok(dispatches > 20, `${names.join(', ')}: ${dispatches}`)
    seen.push(...names)
  }
  t.same(seen.toSorted(), [...presetsOf(models).keys()].toSorted())
})

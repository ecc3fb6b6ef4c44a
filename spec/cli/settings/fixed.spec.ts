/** A run's fixed settings: a change of one is detected and named, a change of anything else is not. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { mustBe } from '../../../src/cli/errors.ts'
import { keysOf } from '../../../src/cli/keys.ts'
import { applying } from '../../../src/cli/settings/applying.ts'
import {
  changedSince,
  changeSentence,
  changes,
  decodeFixed,
  encodeFixed,
  type Fixed,
  fixedOf,
} from '../../../src/cli/settings/fixed.ts'
import { nameOf } from '../../../src/cli/settings/option.ts'
import { standard } from '../../../src/cli/settings/options.ts'
import { settingsOf } from '../../../src/cli/settings/settings.ts'
import { merged, nested } from '../../../src/codec/merged.ts'
import { text } from '../../../src/random/key.ts'

const settings = mustBe(settingsOf(null, {}))
const fixed = fixedOf(settings)

t.test('settings that affect the results are fixed; length, backend and data path are not', async (t) => {
  const names = Object.keys(fixed)
  for (const name of ['preset', 'seed']) t.ok(names.includes(name), name)
  for (const name of Object.keys(settings.model)) t.ok(names.includes(`model.${name}`), `model.${name}`)
  const training = applying(standard, settings)
    .map(nameOf)
    .filter((name) => name.startsWith('training.') && name !== 'training.cooldown')
  for (const name of training) t.ok(names.includes(name), name)
  t.notOk(names.includes('training.cooldown'), 'it begins when the length says, which may change')
  t.notOk(names.includes('training.label_smoothing'), 'a setting of another objective is none of this one')
  t.equal(names.length, 2 + Object.keys(settings.model).length + training.length, 'and nothing else')
})

t.test('a change of one field is that field, with its old and new value', async (t) => {
  t.strictSame(changes(fixed, fixed), [])
  for (const row of applying(standard, settings)) {
    const field = nameOf(row)
    const after: Fixed = Object.hasOwn(fixed, field) ? { ...fixed, [field]: 'another' } : fixed
    t.strictSame(
      changes(fixed, after),
      row.about.mayChange ? [] : [{ field, before: fixed[field], after: 'another' }],
      field,
    )
  }
})

t.test('length, threads, backend, sampling and cadence may change', async (t) => {
  const other = mustBe(
    settingsOf(merged({}, nested([[['sampling', 'guidance'], 9]])), {
      steps: 3,
      threads: 1,
      backend: 'cpu',
      saveEvery: 1,
    }),
  )
  t.strictSame(changes(fixed, fixedOf(other)), [])
})

t.test('decodeFixed(encodeFixed(f)) = f, and lists are compared by content', async (t) => {
  const read = mustBe(decodeFixed(encodeFixed(fixed)))
  t.strictSame(read, fixed)
  t.strictSame(changes(read, fixed), [])
  t.strictSame(changes({ ...read, 'model.depths': [2, 2, 3] }, fixed), [
    { field: 'model.depths', before: [2, 2, 3], after: [2, 2, 2] },
  ])
})

t.test('a checkpoint older than a field may omit it; the fields it has must be valid', async (t) => {
  const { seed: _, ...older } = fixed
  t.strictSame(changes(mustBe(decodeFixed(encodeFixed(older))), { ...fixed, seed: 8 }), [])
  t.strictSame(decodeFixed('{'), E.left('its record of settings is not JSON'))
  t.strictSame(decodeFixed('[]'), E.left('its record of settings is []: expected named fields'))
  t.strictSame(decodeFixed('{"sed":1}'), E.left('unknown setting "sed": did you mean "seed"?'))
  t.strictSame(
    decodeFixed('{"training.batch":"3"}'),
    E.left('training.batch is "3": expected a whole number of at least 1'),
  )
})

t.test("a checkpoint older than a field is of the field's default", async (t) => {
  const { 'training.optimiser': _, ...older } = fixed
  const about = { fixed: mustBe(decodeFixed(encodeFixed(older))), key: text(keysOf(0).root) }
  const changed = (optimiser: string) =>
    changedSince(about, mustBe(settingsOf({ training: { optimiser } }, {})), 'config.yaml', standard)
  t.equal(changed('adamw'), null)
  t.match(changed('muon'), 'training.optimiser is "muon" in config.yaml, but the run was started with "adamw"')
})

t.test('the message names the field, the file, the new and the old value', async (t) => {
  const [change] = changes(fixed, { ...fixed, 'training.learning_rate': 0.003 })
  if (change === undefined) return t.fail('no change')
  t.equal(
    changeSentence(change, 'runs/a/config.yaml'),
    'training.learning_rate is 0.003 in runs/a/config.yaml, but the run was started with 0.002: a run keeps its initial settings, so change it back, or start a new run with --config runs/a/config.yaml and another --out',
  )
})

/** The tables of docs/training.md are what the options, data sets and optimisers say. */
import { readFile } from 'node:fs/promises'
import { either as E } from 'fp-ts'
import t from 'tap'
import { mustBe } from '../../src/cli/errors.ts'
import { modelOf } from '../../src/cli/model.ts'
import { trainingPlan } from '../../src/cli/plans.ts'
import { leavesOf, nameOf } from '../../src/cli/settings/option.ts'
import { standard } from '../../src/cli/settings/options.ts'
import { readSettings, settingsOf } from '../../src/cli/settings/settings.ts'
import { at } from '../../src/codec/merged.ts'
import { kinds, usageOf } from '../../src/data/kinds.ts'
import { decodeModel } from '../../src/models/models.ts'
import { count } from '../../src/nn/spec.ts'
import { flopsOf } from '../../src/plan/cost.ts'
import { optimiserNames } from '../../src/train/optimisers.ts'

const text = await readFile('docs/training.md', 'utf8')

/** The rows of the table with this head, cell by cell. */
const table = (head: string): readonly (readonly string[])[] => {
  const [, after = ''] = text.split(`\n| ${head}`)
  const [lines = ''] = after.split('\n\n')
  return lines
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

t.test('every key of config.yaml, with its type, its default and whether it may change', async (t) => {
  const settings = mustBe(settingsOf(null, {}))
  const expected = leavesOf(standard.rows, settings).map((row) => [
    `\`${nameOf(row)}\``,
    row.codec.name,
    `\`${JSON.stringify(at(settings, row.path))}\``,
    row.about.mayChange ? 'yes' : 'no',
  ])
  const found = table('key ')
  t.same(
    found.map((row) => row.slice(0, 4)),
    expected,
  )
  t.same(
    found.filter(([, , , , meaning]) => meaning === undefined || meaning === ''),
    [],
  )
})

t.test('every kind of data set and every optimiser that settings can name', async (t) => {
  const first = (rows: readonly (readonly string[])[]) => rows.flatMap(([cell = '']) => cell.replaceAll('`', '')).sort()
  t.same(first(table('`data` | read')), kinds.map(usageOf).sort())
  t.same(first(table('| what it is | keep')), [...optimiserNames].sort())
})

t.test('a step with Muon has as many more FLOPs as the table of optimisers says', async (t) => {
  const work = (optimiser: string): number => {
    const settings = mustBe(settingsOf({ training: { optimiser } }, {}))
    return flopsOf(trainingPlan(modelOf(settings, standard), settings))
  }
  const [, percent = ''] = /a step of `emoji32` has (\d+) % more FLOPs/.exec(text) ?? []
  t.equal(Math.round(100 * (work('muon') / work('adamw') - 1)), Number(percent))
})

t.test('the size and the length of the classifier are those of its preset', async (t) => {
  const settings = mustBe(settingsOf({ preset: 'classifier' }, {}))
  const [, section = ''] = /\n## A classifier\n(.*?)\n## /s.exec(text) ?? []
  const said = (n: number | null): boolean => n !== null && section.includes(n.toLocaleString('en'))
  t.ok(said(count(mustBe(decodeModel(settings.model)).spec)))
  t.ok(said(settings.training.schedule_images))
})

t.test('the settings shown are settings', async (t) => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(text) ?? []
  const read = readSettings(yaml, {})
  t.ok(E.isRight(read), E.isLeft(read) ? read.left : '')
  t.match(read, { right: { training: { optimiser: 'muon', micro_batch: 16 }, length: { minutes: 120 } } })
})

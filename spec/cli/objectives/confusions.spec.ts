/** The picture of a classifier's run: what stands in its rows. */
import t from 'tap'
import { confusionRows } from '../../../src/cli/objectives/confusions.ts'

/** Picture i is i everywhere. */
const picture = (i: number, label: number) => ({ image: Float32Array.of(i), label })
const scores = (named: readonly number[], classes: number): Float32Array =>
  Float32Array.from(named.flatMap((n) => Array.from({ length: classes }, (_, k) => (k === n ? 1 : 0))))

t.test('for each class the pictures named rightly, then the two most frequent others', async (t) => {
  const classes = ['a', 'b', 'c', 'd', 'empty']
  const labels = [0, 0, 0, 0, 0, 0, 0, 1, 2]
  const named = [0, 1, 2, 2, 3, 3, 3, 1, 0]
  const rows = confusionRows({
    dataset: { classes, size: 1, channels: 1 },
    pictures: labels.map((label, i) => picture(i, label)),
    logits: scores(named, 5),
    columns: 2,
  })
  t.same(
    rows.map(({ label, images }) => [label, ...images.map(([x]) => x)]),
    [['a 1/7', 0], ['as d: 3', 4, 5], ['as c: 2', 2, 3], ['b 1/1', 7], ['c 0/1'], ['as a: 1', 8]],
  )
})

t.test('of many classes, those that are named wrongly most often', async (t) => {
  const classes = Array.from({ length: 100 }, (_, i) => `class ${i}`)
  const rows = confusionRows({
    dataset: { classes, size: 1, channels: 1 },
    pictures: classes.map((_, i) => picture(i, i)),
    logits: scores(
      classes.map((_, i) => (i >= 90 ? 0 : i)),
      100,
    ),
    columns: 2,
  })
  t.ok(rows.length <= 3 * 24)
  for (let i = 90; i < 100; i++) t.ok(rows.some(({ label }) => label === `class ${i} 0/1`))
})

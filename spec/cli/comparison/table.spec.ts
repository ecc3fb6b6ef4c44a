/** The table of a comparison: a row for each setting, what is unknown as a dash, what is not reached said so. */
import t from 'tap'
import type { Asked, RunOutcome } from '../../../src/cli/comparison/record.ts'
import { tableText } from '../../../src/cli/comparison/table.ts'

const asked: Asked = {
  budget: { kind: 'images', amount: 26600 },
  seeds: [0, 1],
  backend: 'wasm',
  threads: null,
  data: 'emoji',
  fingerprint: 'f',
  settings: ['a', 'b|c', 'later'].map((name) => ({ name, flops: 1, fixed: {} })),
}

const outcome = (
  setting: string,
  seed: number,
  edmLoss: number,
  reached: RunOutcome['times'][number]['reached'],
): RunOutcome => ({
  run: `${setting}-${seed}`,
  setting,
  seed,
  standing: {
    step: 10,
    images: 26608,
    pflop: 12.345,
    minutes: 6.5,
    parameters: 1_670_000,
    validation: [0.4, 0.3, null, 0.2].map((loss, i) => ({ images: (i + 1) * 6652, loss })),
    edmLoss,
  },
  drawn: null,
  judged: null,
  times: [{ loss: 0.25, reached }],
})

const cells = (text: string, name: string): readonly string[] =>
  (text.split('\n').find((line) => line.startsWith(`| ${name}`)) ?? '')
    .split(' | ')
    .map((cell) => cell.replace(/^\| | \|$/g, ''))

t.test('means and ranges over seeds, dashes, and how many seeds reached a loss', async (t) => {
  const runs = [
    outcome('a', 0, 0.16, { images: 9000, minutes: 2.25 }),
    outcome('a', 1, 0.18, { images: 11000, minutes: 2.75 }),
    outcome('b|c', 0, 0.2, { images: 9000, minutes: 2.25 }),
    outcome('b|c', 1, 0.2, null),
  ]
  const text = tableText(asked, runs, [0.25])
  t.match(text, '26,600 images each, on emoji, seeds 0, 1, backend wasm')
  t.strictSame(cells(text, 'setting'), [
    ...[
      'setting',
      'images',
      'PFLOP',
      'minutes',
      'parameters',
      'own loss at 25 %',
      'own loss at 50 %',
      'own loss at 75 %',
    ],
    ...['own loss at the end', 'EDM loss at the end', 'own loss 0.25'],
  ])
  t.strictSame(cells(text, 'a'), [
    ...['a', '26,608', '12.3', '6.50', '1,670,000', '0.4000', '0.3000', '–', '0.2000', '0.1700 (0.1600 to 0.1800)'],
    '10,000 (9,000 to 11,000) images, 2.50 (2.25 to 2.75) min',
  ])
  t.equal(cells(text, 'b\\|c').at(-1), '9,000 images, 2.25 min (1 of 2 seeds)')
  t.strictSame(cells(text, 'later').slice(0, 2), ['later (0 of 2 runs)', '–'])
  t.equal(cells(text, 'later').at(-1), 'not reached')
  t.match(
    tableText(asked, runs, [0.25, 0.1])
      .split('\n')
      .find((line) => line.startsWith('| a')),
    /\| not reached \|$/,
    'a loss that nobody asked for yet',
  )
})

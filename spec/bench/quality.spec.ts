/** Time to quality: crossings of curves, the table, what stands for what, and data as `train` shows them. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { qualityReached } from '../../bench/goals.ts'
import { contestants, settingsText } from '../../bench/quality/contestants.ts'
import { type Curve, curvesOf, imagesTo, imagesToDistance } from '../../bench/quality/curve.ts'
import { exported } from '../../bench/quality/exported.ts'
import { marksUpTo } from '../../bench/quality/marks.ts'
import { qualityOptions } from '../../bench/quality/options.ts'
import { paceName } from '../../bench/quality/pace.ts'
import { qualityPicture } from '../../bench/quality/picture.ts'
import { entriesOf, qualityTable, rowsOf } from '../../bench/quality/table.ts'
import { strata, validationAt } from '../../src/cli/comparison/validation.ts'
import { keysOf } from '../../src/cli/keys.ts'
import { standard } from '../../src/cli/settings/options.ts'
import { readSettings } from '../../src/cli/settings/settings.ts'
import { noisingOf } from '../../src/cli/settings/tables.ts'
import { examples, mirrored } from '../../src/data/batches.ts'
import { dataset as datasetOf } from '../../src/data/dataset.ts'
import { noisedAt } from '../../src/diffusion/task.ts'
import { decodeDenoiser } from '../../src/models/models.ts'

const right = <A>(either: E.Either<string, A>): A => {
  if (E.isLeft(either)) throw new Error(either.left)
  return either.right
}

/** loss = images^-1/2 */
const power: Curve['points'] = [100, 400, 2500, 10_000].map((images) => [images, images ** -0.5])
const curve = (name: string, points: Curve['points'], more: Partial<Curve> = {}): Curve => ({
  name,
  device: 'a device',
  software: 'a program',
  recipe: {},
  points,
  ...more,
})

t.test('between two points the loss is a power of the images', async (t) => {
  for (const images of [100, 150, 399, 400, 5000, 10_000])
    t.ok(Math.abs((imagesTo(power, images ** -0.5 * (1 + 1e-12)) ?? Number.NaN) / images - 1) < 1e-9, `${images}`)
  t.equal(imagesTo(power, 0.005), null, 'a level below the curve is not reached')
  t.equal(imagesTo([], 0.2), null)
})

t.test('a level is reached where the loss stays below it', async (t) => {
  t.ok((imagesTo([...power, [20_000, 0.05], [40_000, 0.001]], 0.02) ?? 0) > 20_000)
  t.equal(
    imagesToDistance(
      [
        [10, 3],
        [20, 1],
        [30, 2],
        [40, 1],
      ],
      1.5,
    ),
    40,
  )
  t.equal(
    imagesToDistance(
      [
        [10, 3],
        [20, 2],
      ],
      1.5,
    ),
    null,
  )
})

t.test('marks grow by a fifth at most, in whole batches, up to the budget', async (t) => {
  for (const [budget, batch] of [
    [133_000, 16],
    [500, 16],
    [5000, 7],
  ] as const) {
    const marks = marksUpTo(budget, batch)
    t.equal(marks.at(-1), Math.ceil(budget / batch) * batch)
    for (const [i, mark] of marks.entries()) {
      t.equal(mark % batch, 0)
      const before = marks[i - 1]
      if (before !== undefined) t.ok(mark > before && mark <= 1.2 * before + 2 * batch, `${before} ${mark}`)
    }
  }
})

const own = {
  'diffit-edm': curve('diffit-edm', [
    [5000, 0.3],
    [9000, 0.2],
    [40_000, 0.153],
    [50_000, 0.15],
  ]),
}
const recorded = [
  curve(
    'elsewhere',
    [
      [1000, 0.5],
      [9000, 0.17],
    ],
    {
      standsFor: ['diffit-edm', 'pytorch-old'],
      distances: { network: 'n', points: [[9000, 4]] },
    },
  ),
]
const paces = {
  machine: 'here',
  threads: 2,
  software: null,
  paces: { 'diffit-default': { ms_per_image: 12, variant: 'usual', steps: 1 } },
}

t.test("a contestant's own curve comes first, and minutes are images times the pace", async (t) => {
  const entries = entriesOf(own, recorded)
  t.same(
    entries.map(({ contestant, curve: { name } }) => [contestant.name, name]),
    [
      ['diffit-edm', 'diffit-edm'],
      ['pytorch-old', 'elsewhere'],
    ],
  )
  const rows = rowsOf(entries, paces)
  const [ours, theirs] = rows
  t.match(ours?.reached.map(({ images }) => Math.round(images ?? 0)).at(0), 9000)
  for (const { images, minutes } of ours?.reached ?? []) t.equal(minutes, ((images ?? 0) * 12) / 60_000)
  t.ok(
    theirs?.reached.every(({ minutes }) => minutes === null),
    'no pace, no minutes',
  )
  const table = qualityTable(rows)
  t.match(table, /\| diffit-edm \| a program, a device \| 12\.0 \| 9,000 images, 1\.8 min \| /)
  t.match(
    table,
    /\| pytorch-old \| "elsewhere", a program, a device \| not measured \|.* not reached within 9,000 images \|/,
  )
  t.match(table, /distance of the old recipe after 9,000 images/)
  t.match(qualityReached(rows), /0\.2, EDM's levels \| <= 10,000 images \| 9,000 images \| yes/)
  t.match(qualityReached(rows), /0\.153, EDM's levels \| <= 50,000 images \| 40,000 images \| yes/)
  t.match(qualityPicture(entries, paces), /pytorch-old \(a device, a program\)/)
})

t.test('a curve that was recorded elsewhere reaches no goal of ours', async (t) => {
  const rows = rowsOf(entriesOf({}, recorded), null)
  t.match(qualityReached(rows), /0\.2, EDM's levels .* not measured/)
})

t.test('every contestant has settings; the same work has one pace', async (t) => {
  for (const contestant of contestants) right(readSettings(settingsText(contestant, false), {}, standard))
  t.same([...new Set(contestants.map(paceName))], ['diffit-default', 'diffit-old', 'pytorch-default', 'pytorch-old'])
})

t.test('the recorded curves are read, and stand for contestants', async (t) => {
  const file = new URL('../../bench/quality/curves.json', import.meta.url)
  const curves = right(curvesOf(JSON.parse(readFileSync(file, 'utf8'))))
  const names = contestants.map(({ name }) => name)
  for (const name of curves.flatMap(({ standsFor = [] }) => standsFor)) t.ok(names.includes(name), name)
  t.match(
    curvesOf({
      curves: [
        curve('c', [
          [2, 1],
          [1, 1],
        ]),
      ],
    }),
    E.left(/the points of "c": expected growing numbers/),
  )
})

t.test('options', async (t) => {
  t.match(
    qualityOptions({}, 'f'),
    E.right({ images: 133_000, threads: 2, work: 'train', curves: ['f'], device: 'cpu' }),
  )
  t.match(qualityOptions({ only: 'diffit-old, pytorch-old' }, 'f'), E.right({ among: { length: 2 } }))
  t.match(qualityOptions({ paired: true }, 'f'), E.right({ work: 'paces', out: 'runs/quality' }))
  t.match(qualityOptions({ smoke: true }, 'f'), E.right({ curves: [], out: 'runs/quality-smoke' }))
  t.match(qualityOptions({ only: 'diffit-ol' }, 'f'), E.left(/no contestant "diffit-ol": did you mean "diffit-old"/))
  t.match(qualityOptions({ device: 'tpu' }, 'f'), E.left(/--device is "tpu": expected cpu or cuda/))
  t.match(qualityOptions({ images: 'many' }, 'f'), E.left(/--images is "many": expected a whole number/))
  t.match(qualityOptions({ paired: true, report: true }, 'f'), E.left(/expected one of them/))
})

const size = 8
const count = 40
const small = datasetOf({
  name: 'd',
  classes: ['a', 'b'],
  channels: 3,
  size,
  pixels: Uint8Array.from({ length: count * size * size * 3 }, (_, i) => (i * 7919) % 256),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
  flips: [true, false],
})

t.test('a validation set: of every held-out picture, one level in each eighth', async (t) => {
  const edm = validationAt(small, { mean: -0.4, std: 2 })
  const held = small.heldOut.flat().length
  t.equal(edm.length, strata * held)
  // the normal distribution function at the levels, by its derivative summed up from far below
  const share = (z: number): number => {
    const steps = 4000
    const width = (z + 9) / steps
    const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
    return Array.from({ length: steps }, (_, i) => width * density(-9 + (i + 0.5) * width)).reduce((a, b) => a + b, 0)
  }
  const eighths = edm.map(({ sigma }) => Math.floor(strata * share((Math.log(sigma) + 0.4) / 2)))
  t.same(eighths, Array.from({ length: held }, () => [0, 1, 2, 3, 4, 5, 6, 7]).flat())
})

t.test('what is exported is what a run shows: pictures, mirroring, levels, dropped labels', async (t) => {
  const settings = right(readSettings(settingsText({ recipe: 'edm' }, true), {}, standard))
  const dataset = small
  const images = 64
  const arrays = exported({ model: right(decodeDenoiser(settings.model)), settings, dataset, images, edm: [], own: [] })
  const of = (name: string): readonly number[] => Array.from(arrays.get(name)?.values ?? [])
  const keys = keysOf(settings.seed)
  const shown = noisedAt(noisingOf(settings.training), keys.noise, examples(dataset, keys.order))
  const each = size * size * 3
  for (let i = 0; i < images; i++) {
    const { image, sigma, label } = shown(i)
    const index = of('index')[i] ?? Number.NaN
    const picture = Float32Array.from(of('pictures').slice(index * each, (index + 1) * each), (x) => x / 127.5 - 1)
    t.same(of('mirrored')[i] === 1 ? mirrored(picture, size, 3) : picture, image)
    t.equal(of('sigma')[i], sigma)
    t.equal(of('label')[i], label ?? 2)
  }
  t.ok(of('mirrored').includes(1) && of('label').includes(2))
})

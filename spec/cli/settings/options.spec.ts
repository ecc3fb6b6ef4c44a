/** Every row of the table of options is a flag, a field and a line of help, and works wherever it is given. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { decodeOptions, refusedWithResume, settingsFrom, settingsHelp } from '../../../src/cli/settings/flags.ts'
import { leavesOf, nameOf } from '../../../src/cli/settings/option.ts'
import { standard, type TrainOptions } from '../../../src/cli/settings/options.ts'
import { settingsOf } from '../../../src/cli/settings/settings.ts'
import { at, merged, nested } from '../../../src/codec/merged.ts'

const usual = settingsOf(null, {})
const rows = leavesOf(standard.rows, E.isRight(usual) ? usual.right : null)

/** Another value for a field that the settings can have. */
const others = (value: unknown): readonly unknown[] =>
  [
    ...(typeof value === 'number' ? [value * 2, value / 2, 1] : []),
    ...(Array.isArray(value) ? [value.map((n) => n * 2)] : []),
    ...['image-s', 'folder:pictures', 'cpu', 'smooth_l1', 'euler', 'exponential', 'sgd', 'linear', 'min_snr', 7, 9],
    ...['fixed_small', 'heun', 'three', 'power_cosine', 0.5, 'flow', 'sample', 'uniform_time', 'cosine', 'l1', 5000],
    ...(typeof value === 'boolean' ? [!value] : []),
  ].filter((other) => other !== value)

/** What a field needs beside it. */
const beside: Readonly<Record<string, unknown>> = {
  'training.schedule': { training: { schedule_images: 5000 } },
  'training.schedule_images': { training: { schedule: 'cosine' } },
  'training.beta_schedule': { training: { process: 'discrete' } },
  'training.timesteps': { training: { process: 'discrete' } },
  'training.prediction': { training: { process: 'discrete' } },
  'training.augment_probability': { model: { augment_labels: 9 } },
  'training.label_smoothing': { preset: 'classifier' },
  'training.feature_dropout': { preset: 'classifier' },
  'training.augmentation': { preset: 'classifier' },
  'training.reconstruction_loss': { preset: 'kl-tiny' },
  'training.kl_weight': { preset: 'kl-tiny' },
}

t.test('each field of a file has an effect, and a value of the wrong type is an error that names it', async (t) => {
  for (const row of rows) {
    const said = (value: unknown) => settingsOf(merged(beside[nameOf(row)] ?? {}, nested([[row.path, value]])), {})
    const value = E.isRight(usual) ? at(usual.right, row.path) : undefined
    // a literal, or a table of one row
    const literal = nameOf(row) === 'model.model' || row.codec.name === `one of ${String(value)}`
    const heard = others(value).find((other) =>
      E.match(
        () => false,
        (s) => JSON.stringify(at(s, row.path)) === JSON.stringify(other),
      )(said(other)),
    )
    t.ok(literal || heard !== undefined, `${nameOf(row)}: another value is taken`)
    for (const wrong of [null, true, [], {}, Number.NaN, Number.POSITIVE_INFINITY, -0, [[1]]])
      if (!row.codec.is(wrong)) {
        const answer = said(wrong)
        t.ok(E.isLeft(answer) && answer.left.startsWith(`${nameOf(row)} is `), `${nameOf(row)}: ${String(wrong)}`)
      }
  }
})

t.test('a section that is null, a list or a number is an error that names it', async (t) => {
  for (const section of new Set(rows.filter(({ path }) => path.length > 1).map(({ path }) => path[0] ?? '')))
    for (const [value, word] of [
      [null, 'null'],
      [[], '[]'],
      [3, '3'],
      [false, 'false'],
    ] as const)
      t.strictSame(
        settingsOf({ [section]: value }, {}),
        E.left(`${section} is ${word}: expected named fields`),
        `${section}: ${word}`,
      )
})

t.test('a flag overrides the file, and means what its field means', async (t) => {
  const flags = {
    preset: 'image-s',
    data: 'folder:here',
    seed: '-5',
    backend: 'cpu',
    threads: '3',
    minutes: '2.5',
    batch: '6',
    microBatch: '3',
    saveEvery: '1e1',
  }
  const o = decodeOptions('train', flags)
  if (E.isLeft(o)) return t.fail(o.left)
  t.strictSame(settingsFrom('train', o.right), {
    preset: 'image-s',
    data: 'folder:here',
    seed: -5,
    backend: 'cpu',
    threads: 3,
    length: { minutes: 2.5 },
    training: { batch: 6, micro_batch: 3 },
    cadence: { save_seconds: 10 },
  })
  const file = { preset: 'emoji32', seed: 1, threads: 9, length: { steps: 4 }, training: { batch: 7, beta1: 0.5 } }
  const s = settingsOf(file, o.right)
  if (E.isLeft(s)) return t.fail(s.left)
  t.strictSame(s.right.length, { steps: null, minutes: 2.5 })
  t.match(s.right, {
    ...{ preset: 'image-s', data: 'folder:here', seed: -5, backend: 'cpu', threads: 3 },
    training: { batch: 6, micro_batch: 3, beta1: 0.5, learning_rate: 7e-4 },
    cadence: { save_seconds: 10, validation_seconds: 15, grid_seconds: 45 },
  })
})

t.test('an invalid flag is one sentence with its name', async (t) => {
  const refused: readonly (readonly ['train' | 'sample' | 'parity', string, unknown, string])[] = [
    ['train', 'preset', 'emoji23', '--preset is "emoji23": did you mean "emoji32"?'],
    [
      'train',
      'preset',
      'latent-s',
      '--preset is "latent-s": latent models need an autoencoder, which is not implemented yet: expected one of emoji32, image-s, cifar10, ffhq64, notebook-image, classifier, kl-tiny, kl-64x64x3, kl-f8, kl-16x16x16, kl-8x8x64',
    ],
    ['train', 'backend', 'wams', '--backend is "wams": did you mean "wasm"?'],
    ['train', 'steps', 'many', '--steps is "many": expected a whole number of at least 1'],
    ['train', 'steps', '', '--steps is "": expected a whole number of at least 1'],
    ['train', 'steps', 'null', '--steps is "null": expected a whole number of at least 1'],
    ['train', 'minutes', '1e999', '--minutes is Infinity: expected a positive number'],
    ['train', 'microBatch', '0', '--micro-batch is 0: expected a whole number of at least 1'],
    ['train', 'seed', '1e30', '--seed is 1e+30: expected a whole number, below 2^53 in size'],
    ['train', 'saveEvery', '-1', '--save-every is -1: expected a positive number'],
    ['train', 'out', '', '--out is "": expected a folder'],
    ['sample', 'out', 'run/config.yaml', '--out is "run/config.yaml": expected a file that ends in .png'],
    ['sample', 'guidance', 'nan', '--guidance is "nan": expected a number of at least 0'],
    ...['5', '5,2', '2,2', '-1,2', '1,', '1,2,3', '1,Infinity', 'a,b'].map(
      (said) =>
        [
          'sample',
          'guidanceInterval',
          said,
          `--guidance-interval is ${said === '5' ? 5 : `"${said}"`}: expected two noise levels separated by a comma, 0.2,5, the lower first`,
        ] as const,
    ),
    ['sample', 'guidanceSchedule', 'intervall', '--guidance-schedule is "intervall": did you mean "interval"?'],
    ['parity', 'threads', '1.5', '--threads is 1.5: expected a whole number of at least 1'],
  ]
  for (const [command, key, value, sentence] of refused)
    t.strictSame(decodeOptions(command, { run: 'r', [key]: value }), E.left(sentence))
  t.strictSame(decodeOptions('sample', {}), E.left('--run is missing: expected the folder of a run'))
})

t.test('with --resume, a flag of a fixed setting is an error that names it', async (t) => {
  const flags = {
    preset: 'emoji32',
    seed: 0,
    batch: 3,
    microBatch: 3,
    optimiser: 'muon',
    schedule: 'linear',
    scheduleImages: 9,
    config: 'c',
    out: 'o',
  } as const
  for (const [key, flag] of [
    ['preset', '--preset'],
    ['seed', '--seed'],
    ['batch', '--batch'],
    ['microBatch', '--micro-batch'],
    ['optimiser', '--optimiser'],
    ['schedule', '--schedule'],
    ['scheduleImages', '--schedule-images'],
    ['config', '--config'],
    ['out', '--out'],
  ] as const)
    t.equal(
      refusedWithResume({ resume: 'r', [key]: flags[key] }),
      `${flag} cannot be given with --resume: a run keeps the settings in its config.yaml`,
    )
  const free = {
    data: 'folder:moved',
    backend: 'cpu',
    threads: 2,
    steps: 3,
    minutes: 1,
    saveEvery: 5,
    dryRun: true,
    profile: true,
  } as const
  t.equal(refusedWithResume({ resume: 'r', ...free, trace: true }), null)
})

t.test('help has a line for every field', async (t) => {
  for (const { path } of standard.rows) t.match(settingsHelp(), new RegExp(`^  ${path.join('\\.')} {2,}\\S`, 'm'))
  t.match(settingsHelp(), /^ {2}cadence.save_seconds {2,}seconds between checkpoints \(default: 120\)$/m)
})

t.test('a schedule that ends needs to know where, beyond its warm-up; one without an end has none', async (t) => {
  const said = (training: object) => settingsOf({ training }, {})
  t.ok(E.isRight(said({ schedule: 'linear', schedule_images: 1001 })), 'the warm-up is 1000 images')
  for (const schedule of ['linear', 'cosine']) {
    t.strictSame(
      said({ schedule }),
      E.left(`training: schedule_images is null: expected the images of the whole run, where "${schedule}" ends`),
    )
    t.strictSame(
      said({ schedule, schedule_images: 1000 }),
      E.left('training: schedule_images is 1000: expected more than the warmup_images of 1000'),
    )
  }
  t.strictSame(
    said({ schedule_images: 5000 }),
    E.left('training: schedule_images is 5000: expected null, because "inverse_sqrt" has no end'),
  )
  const flags = decodeOptions('train', { optimiser: 'muon', schedule: 'cosine', scheduleImages: '5000' })
  t.match(E.chain((o: TrainOptions) => settingsOf(null, o))(flags), {
    right: { training: { optimiser: 'muon', schedule: 'cosine', schedule_images: 5000 } },
  })
})

t.test('augmentation needs a model that is told of it; such a model needs none', async (t) => {
  const said = (preset: string, labels: number, probability: number) =>
    settingsOf({ preset, model: { augment_labels: labels }, training: { augment_probability: probability } }, {})
  t.ok(E.isRight(said('emoji32', 9, 0.12)))
  t.ok(E.isRight(said('emoji32', 9, 0)))
  const sentence =
    'training.augment_probability is 0.12: expected 0, because the model does not take the label of an augmentation (model.augment_labels)'
  t.strictSame(said('emoji32', 0, 0.12), E.left(sentence))
  t.strictSame(settingsOf({ preset: 'cifar10', model: { augment_labels: 0 } }, {}), E.left(sentence))
  t.strictSame(
    settingsOf({ preset: 'classifier', training: { augment_probability: 0.1 } }, {}),
    E.left(
      'training.augment_probability is a setting of denoising, but this model is trained by classification: leave it out',
    ),
  )
})

t.test("micro-batches: of the preset's size if it divides the batch", async (t) => {
  const parts = (training: object) =>
    E.map((s: { training: { micro_batch: number } }) => s.training.micro_batch)(
      settingsOf(merged({ preset: 'cifar10' }, { training }), {}),
    )
  t.strictSame(parts({ batch: 48 }), E.right(16))
  t.strictSame(parts({ batch: 20 }), E.right(20))
  t.strictSame(parts({ batch: 48, micro_batch: 3 }), E.right(3))
  t.strictSame(
    parts({ batch: 10, micro_batch: 3 }),
    E.left('training: micro_batch is 3: expected a divisor of the batch of 10'),
  )
})

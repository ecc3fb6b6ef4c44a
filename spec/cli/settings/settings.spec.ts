/** Settings as text: what is not YAML, what a run's config.yaml must hold, and how long a run is. */
import { readFileSync } from 'node:fs'
import { either as E } from 'fp-ts'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { mustBe } from '../../../src/cli/errors.ts'
import { applying } from '../../../src/cli/settings/applying.ts'
import { leavesOf, nameOf } from '../../../src/cli/settings/option.ts'
import { type SampleOptions, standard } from '../../../src/cli/settings/options.ts'
import {
  extended,
  limitsOf,
  readRun,
  readRunToEvaluate,
  readRunToSample,
  readSettings,
  type Settings,
  settingsOf,
  writeSettings,
} from '../../../src/cli/settings/settings.ts'
import { at, merged, nested } from '../../../src/codec/merged.ts'

/** A config.yaml of a run that is older than the section `cadence`. */
const older = readFileSync('spec/fixtures/run-before.yaml', 'utf8')
/** What has become an option since, as it always was. */
const since = {
  training: {
    ...{ process: 'edm', noise: 'lognormal', weight: 'process', block_gain: 1 },
    ...{ beta_schedule: 'linear', timesteps: 1000, prediction: 'epsilon' },
    ...{ matrix_momentum: 0.95, matrix_weight_decay: 0 },
    ...{ optimiser: 'adamw', matrix_learning_rate: 0.01, schedule: 'constant', schedule_images: null },
    ...{ unit_tokens: false, decay_images: 20_000, cooldown: 0 },
    ...{ label_smoothing: 0.05, feature_dropout: 0.3, augmentation: 1, augment_probability: 0 },
    ...{ reconstruction_loss: 'mse', kl_weight: 1e-6, latents: 'sample' },
  },
  sampling: {
    ...{ sampler: 'heun', schedule: 'karras', guidance_schedule: 'constant', guidance_power: 4 },
    ...{ guidance_low: 0, guidance_high: null, guidance_channels: 'all' },
    ...{ eta: 0, use_clipped_model_output: false },
    ...{ s_churn: 0, s_tmin: 0, s_tmax: null, s_noise: 1, variance: 'learned_range', solver_type: 'midpoint' },
    ...{ clip: false, threshold: null, threshold_max: 1 },
  },
  model: { learn_sigma: false, augment_labels: 0 },
  autoencoder: '',
}
const cadence = { save_seconds: 120, validation_seconds: 15, grid_seconds: 45 }

t.test('anything but one YAML value is an error with its position', async (t) => {
  const end = ': expected settings such as "preset: emoji32"'
  const refused: readonly (readonly [string, string])[] = [
    ['', 'it is empty: expected settings such as "preset: emoji32"'],
    ['# nothing\n', 'it is empty: expected settings such as "preset: emoji32"'],
    ['seed: 1\nthreads: 2\nseed: 3\n', 'the field at line 3, column 1 is a duplicate: expected each field once'],
    ['training: { beta1: 0, beta1: 1 }', 'the field at line 1, column 23 is a duplicate: expected each field once'],
    ['seed: 1\n---\nseed: 2\n', 'a second document starts at line 2, column 1: expected one'],
    [
      'training:\n\tbatch: 3\n',
      `it is not YAML at line 2, column 1, where the parser says "Tabs are not allowed as indentation"${end}`,
    ],
    [
      'seed: !!foo 5',
      `it is not YAML at line 1, column 7, where the parser says "Unresolved tag: tag:yaml.org,2002:foo"${end}`,
    ],
    ['"abc', `it is not YAML at line 1, column 5, where the parser says "Missing closing 'quote"${end}`],
    [
      'batch: [1, 2\nsteps: 3\n',
      `it is not YAML at line 2, column 1, where the parser says "Flow sequence in block collection must be sufficiently indented and end with a ]"${end}`,
    ],
    ['a: *b', 'the alias at line 1, column 4 has no anchor: expected one before it'],
    ['batch: 3', 'unknown field "batch": did you mean "training.batch"?'],
    ['seed: 1\ncolumns: 8', 'unknown field "columns": did you mean "sampling.columns"?'],
    ['- 1', 'the file is [1]: expected named fields'],
    ['5', 'the file is 5: expected named fields'],
    ['null', 'the file is null: expected named fields'],
    [
      'preset: 5',
      'preset is 5: expected one of emoji32, image-s, cifar10, ffhq64, notebook-image, latent-tiny, latent-s, diffit-xl-256, diffit-xl-512, latent-xl, classifier, kl-tiny, kl-64x64x3, kl-f8, kl-16x16x16, kl-8x8x64',
    ],
    [
      'preset: [emoji32]',
      'preset is ["emoji32"]: expected one of emoji32, image-s, cifar10, ffhq64, notebook-image, latent-tiny, latent-s, diffit-xl-256, diffit-xl-512, latent-xl, classifier, kl-tiny, kl-64x64x3, kl-f8, kl-16x16x16, kl-8x8x64',
    ],
    ['seed: .nan', 'seed is NaN: expected a whole number'],
    ['training: { clip: -.inf }', 'training.clip is -Infinity: expected a positive number'],
    ['training: { clip: 1e999 }', 'training.clip is Infinity: expected a positive number'],
    [
      'model: { widths: [32, .nan, 64] }',
      'model.widths is [32, NaN, 64]: expected a list of whole numbers, one per level',
    ],
    ['data:', 'data is null: expected emoji, cifar10:DIR, idx:DIR, folder:DIR or latents:DIR'],
    [
      '"__proto__": { seed: 3 }',
      'unknown field "__proto__": expected one of preset, model, data, autoencoder, seed, backend, threads, length, training, sampling, cadence',
    ],
  ]
  for (const [text, sentence] of refused) t.strictSame(readSettings(text, {}), E.left(sentence), JSON.stringify(text))
  const long = readSettings(`a: !${'x'.repeat(500)} 5`, {})
  t.ok(E.isLeft(long) && long.left.length < 250 && long.left.endsWith(end), 'a long message is cut')
})

t.test("a new run with another run's settings has them as they were, whatever its preset says today", async (t) => {
  const run = readSettings(older, {})
  t.strictSame(run, E.right(merged(parse(older), { cadence, ...since })))
  t.match(readSettings('training: { batch: 8 }', {}), { right: { training: { batch: 8, optimiser: 'muon' } } })
})

t.test('a run older than an option resumes unchanged', async (t) => {
  const run = readRun(older, {})
  t.strictSame(run, E.right(merged(parse(older), { cadence, ...since })))
})

t.test(
  'a run that is older than a field of its model is of the model as it was, whatever its preset says today',
  async (t) => {
    const { model, training, ...now } = parse(writeSettings(mustBe(settingsOf(null, { preset: 'cifar10' }))))
    const { augment_labels, ...shape } = model
    const { augment_probability, ...rest } = training
    t.same([augment_labels, augment_probability], [9, 0.12])
    const text = stringify({ ...now, model: shape, training: rest })
    for (const read of [readRun(text, {}), readSettings(text, {})])
      t.match(read, { right: { model: { augment_labels: 0 }, training: { augment_probability: 0 } } })
  },
)

t.test('readRun(writeSettings(s), {}) = s, in the order of the table', async (t) => {
  for (const preset of [
    'emoji32',
    'image-s',
    'cifar10',
    'notebook-image',
    'classifier',
    'kl-tiny',
    'latent-tiny',
  ] as const) {
    const s = settingsOf(null, { preset, seed: 7, saveEvery: 3, threads: 2, steps: 9 })
    if (E.isLeft(s)) return t.fail(s.left)
    t.strictSame(readRun(writeSettings(s.right), {}), s)
    t.strictSame(
      Object.keys(parse(writeSettings(s.right))),
      [...applying(standard, s.right).map(({ path }) => path[0])].filter((name, i, all) => all.indexOf(name) === i),
    )
  }
})

t.test(
  "a run's config.yaml without a setting that affects the results is an error; nothing is defaulted",
  async (t) => {
    const without = ([head = '', ...rest]: readonly string[], from: unknown): unknown =>
      Object.fromEntries(
        Object.entries(from ?? {}).flatMap(([k, v]) =>
          k !== head ? [[k, v]] : rest.length === 0 ? [] : [[k, without(rest, v)]],
        ),
      )
    for (const row of leavesOf(standard.rows, parse(older))) {
      const text = stringify(without(row.path, parse(older)))
      const answer = readRun(text, {})
      if (row.about.mayChange || row.about.default !== undefined)
        t.ok(E.isRight(answer), `${nameOf(row)} may be missing`)
      else t.strictSame(answer, E.left(`${nameOf(row)} is missing: expected ${row.codec.name}`))
    }
  },
)

t.test("sample: --steps and --guidance override the run's sampling settings", async (t) => {
  const asked = readRunToSample(older, { run: 'r', steps: 5, guidance: 1.5, threads: 2 })
  if (E.isLeft(asked)) return t.fail(asked.left)
  const own = { ...since.sampling, steps: 5, guidance: 1.5, columns: 8 }
  t.strictSame(asked.right.sampling, own, 'what the file is too old to say is as it was')
  t.strictSame(asked.right.length, { steps: 29600, minutes: null }, 'and not the length of the run')
  t.equal(asked.right.threads, 2)
})

t.test('sample and evaluate: flags of guidance and of samplers, and those that do not go together', async (t) => {
  for (const read of [readRunToSample, readRunToEvaluate]) {
    const interval = { guidanceSchedule: 'interval', guidanceInterval: '0.2,5', guidanceChannels: 'three' } as const
    t.match(read(older, { run: 'r', ...interval }), {
      right: {
        sampling: { guidance_schedule: 'interval', guidance_low: 0.2, guidance_high: 5, guidance_channels: 'three' },
      },
    })
    t.match(read(older, { run: 'r', guidanceSchedule: 'power_cosine', guidancePower: 2 }), {
      right: { sampling: { guidance_schedule: 'power_cosine', guidance_power: 2 } },
    })
    const refused = (o: Omit<SampleOptions, 'run' | 'out'>, sentence: string): unknown =>
      t.strictSame(read(older, { run: 'r', ...o }), E.left(sentence))
    refused(
      { guidanceInterval: '0.2,5' },
      '--guidance-interval is "0.2,5", but guidance_schedule is "constant": expected --guidance-schedule interval',
    )
    refused(
      { guidancePower: 2, guidanceSchedule: 'interval', guidanceInterval: '0.2,5' },
      '--guidance-power is 2, but guidance_schedule is "interval": expected --guidance-schedule power_cosine',
    )
    refused({ eta: 0.5 }, '--eta is 0.5, but sampler is "heun": expected --sampler ddim')
    refused({ sChurn: 3, sampler: 'unipc' }, '--s-churn is 3, but sampler is "unipc": expected --sampler euler or heun')
    t.match(read(older, { run: 'r', eta: 0.5, sampler: 'ddim' }), { right: { sampling: { eta: 0.5 } } })
    refused(
      { guidanceSchedule: 'interval' },
      'sampling.guidance_schedule is "interval": expected its ends too, --guidance-interval <low,high> or guidance_low and guidance_high',
    )
  }
  const sampling = { guidance_schedule: 'interval', guidance_low: 3, guidance_high: 2 }
  t.strictSame(
    settingsOf({ sampling }, {}),
    E.left('sampling.guidance_low is 3: expected a number below the guidance_high of 2'),
  )
  t.match(settingsOf({ sampling: { ...sampling, guidance_high: null } }, {}), {
    right: { sampling: { guidance_low: 3 } },
  })
})

t.test('the length of a run: minutes are sixty seconds, and additional minutes count from the present', async (t) => {
  const limits = (length: Settings['length']) =>
    E.map((s: Settings) => limitsOf({ ...s, length }))(settingsOf(null, {}))
  t.strictSame(limits({ steps: 3, minutes: null }), E.right({ steps: 3, seconds: Number.POSITIVE_INFINITY }))
  t.strictSame(limits({ steps: null, minutes: 2 }), E.right({ steps: Number.POSITIVE_INFINITY, seconds: 120 }))
  t.strictSame(extended({ steps: null, minutes: 30 }, { minutes: 5 }, 1800), { steps: null, minutes: 35 })
  t.strictSame(extended({ steps: 9, minutes: null }, { steps: 9 }, 1800), { steps: 9, minutes: null })
  const lengthOf = (file: unknown, o: { steps?: number; minutes?: number }) =>
    E.map((s: { length: unknown }) => s.length)(settingsOf(file, o))
  t.strictSame(lengthOf(null, {}), E.right({ steps: null, minutes: 30 }))
  t.strictSame(lengthOf(null, { steps: 4 }), E.right({ steps: 4, minutes: null }))
  t.strictSame(lengthOf({ length: { steps: 4 } }, {}), E.right({ steps: 4, minutes: null }))
  t.strictSame(lengthOf({ length: { steps: 4 } }, { minutes: 1 }), E.right({ steps: null, minutes: 1 }))
  t.strictSame(lengthOf(null, { steps: 4, minutes: 1 }), E.right({ steps: 4, minutes: 1 }))
})

t.test('a run ends with its schedule, whatever its length; without a length it lasts as long', async (t) => {
  const training = { batch: 16, schedule: 'linear', schedule_images: 1601 }
  const limits = (length: object) => E.map(limitsOf)(settingsOf({ training, ...length }, {}))
  const forever = Number.POSITIVE_INFINITY
  t.strictSame(limits({}), E.right({ steps: 101, seconds: forever }))
  t.strictSame(limits({ length: { steps: 500 } }), E.right({ steps: 101, seconds: forever }))
  t.strictSame(limits({ length: { steps: 50, minutes: 1 } }), E.right({ steps: 50, seconds: 60 }))
})

t.test('fields of a section missing from a file come from the preset', async (t) => {
  const s = settingsOf(merged({ preset: 'image-s' }, nested([[['training', 'beta1'], 0.8]])), {})
  t.match(E.map((x) => at(x, ['training', 'learning_rate']))(s), E.right(7e-4))
})

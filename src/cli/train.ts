/** `diffit train`: from options to a run's folder with what it learnt in it. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type BackendName, backends } from '../../backends/index.ts'
import { examples } from '../data/batches.ts'
import { imageModel } from '../diffit/image.ts'
import { readBytes, writeAtomic } from '../io/atomic.ts'
import { configPath, createRun, openRun, requireEmpty, sweep } from '../io/run.ts'
import { checkpointPath, checkpointSteps } from '../io/runCheckpoints.ts'
import { cutMetrics, type MetricsRow } from '../io/runMetrics.ts'
import { load } from '../io/safetensors.ts'
import type { Backend } from '../lower/backend.ts'
import { flopsOf } from '../lower/print.ts'
import { count, init } from '../nn/spec.ts'
import { freshState, type Rules, trainer } from '../train/loop.ts'
import { type Checkpoint, fromFile } from './checkpoint.ts'
import { fitted, openData, validationCount, validationOf } from './data.ts'
import { dryRun } from './dryRun.ts'
import { fail, must, mustBe } from './errors.ts'
import { refusedWithResume } from './flags.ts'
import { rowsOf } from './grid.ts'
import { keysOf } from './keys.ts'
import { mebibytes } from './memory.ts'
import type { Settings, TrainOptions } from './options.ts'
import { compileNetwork, compileTraining, networkPlan, shapesOf, trainingPlan } from './plans.ts'
import { profileTable, watched } from './profile.ts'
import { clock, type Progress, progress } from './progress.ts'
import { type Ending, session } from './session.ts'
import { readRun, readSettings, saysOfModel, settingsOf, writeSettings } from './settings.ts'
import { stopSignal } from './stop.ts'
import { trace } from './trace.ts'

export type { TrainOptions } from './options.ts'

const rulesOf = ({ training: c, model }: Settings): Rules => ({
  loss: c.loss,
  batch: c.batch,
  part: c.micro_batch,
  classes: model.classes,
  noising: { mean: c.sigma_mean, std: c.sigma_std, sigmaData: c.sigma_data, labelDropout: c.label_dropout },
  adamw: { beta1: c.beta1, beta2: c.beta2, eps: c.eps, weightDecay: c.weight_decay, clip: c.clip },
  learningRate: { peak: c.learning_rate, images: c.warmup_images },
  ema: { halfLife: c.ema_half_life, ramp: c.ema_ramp },
})

// ------------------------------------------------------------------------------------------------- settings
const readText = (path: string): TE.TaskEither<string, string> =>
  pipe(
    readBytes(path),
    TE.map((bytes) => new TextDecoder().decode(bytes)),
  )

const inFile =
  (path: string) =>
  (settings: E.Either<string, Settings>): Settings =>
    mustBe(E.mapLeft((what: string) => `${path}: ${what}`)(settings))

interface Beginning {
  readonly settings: Settings
  /** The file that the settings came from. */
  readonly text: string | null
  readonly folder: string
  readonly checkpoint: Checkpoint | null
  readonly history: readonly MetricsRow[]
}

const dated = (now: Date): string => join('runs', now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '-'))

const begin = async (o: TrainOptions): Promise<Beginning> => {
  const text = o.config === undefined ? null : await must(readText(o.config))
  const settings =
    o.config === undefined || text === null ? mustBe(settingsOf(null, o)) : inFile(o.config)(readSettings(text, o))
  const folder = o.out ?? dated(new Date())
  if (o.dryRun !== true && o.trace !== true) await must(requireEmpty(folder))
  return { settings, text, folder, checkpoint: null, history: [] }
}

const readCheckpoint = async (folder: string, step: number, settings: Settings): Promise<Checkpoint> => {
  const path = checkpointPath(folder, step)
  const { spec } = imageModel(settings.model)
  return must(
    pipe(
      load(path),
      TE.chainEitherK((file) =>
        pipe(
          fromFile(spec, settings.model)(file),
          E.mapLeft((what) => `${path}: ${what}`),
        ),
      ),
      TE.mapLeft((what) => `${what}. Take the file away to go on from the checkpoint before it`),
    ),
  )
}

/** The length of a run that goes on: what was asked for now, counted from where it stands. */
const prolonged = (settings: Settings, o: TrainOptions, checkpoint: Checkpoint | null): Settings =>
  o.minutes === undefined || checkpoint === null
    ? settings
    : { ...settings, length: { ...settings.length, minutes: checkpoint.about.seconds / 60 + o.minutes } }

const takeUp = async (folder: string, o: TrainOptions): Promise<Beginning> => {
  const refused = refusedWithResume(o)
  if (refused !== null) fail(refused)
  const text = await must(openRun(folder))
  const read = inFile(configPath(folder))(readRun(text, o))
  await must(sweep(folder))
  const [newest] = await must(checkpointSteps(folder))
  const checkpoint = newest === undefined ? null : await readCheckpoint(folder, newest, read)
  const settings = prolonged(read, o, checkpoint)
  const { steps, minutes } = settings.length
  if (checkpoint !== null && o.trace !== true && o.dryRun !== true) {
    if (steps !== null && checkpoint.about.step >= steps)
      fail(
        `${folder} is complete: step ${checkpoint.about.step} of ${steps}. Go on with a larger --steps, or --minutes`,
      )
    if (minutes !== null && checkpoint.about.seconds >= minutes * 60 - 1)
      fail(`${folder} is complete: it has run its ${minutes} minutes. Go on with --minutes or --steps`)
  }
  if (o.trace !== true && o.dryRun !== true && writeSettings(settings) !== text)
    await must(writeAtomic(configPath(folder), writeSettings(settings)))
  const history =
    o.trace === true || o.dryRun === true ? [] : await must(cutMetrics(folder, checkpoint?.about.step ?? -1))
  return { settings, text, folder, checkpoint, history }
}

// -------------------------------------------------------------------------------------------------- the command
export interface Environment {
  readonly progress: Progress
  readonly backends: Readonly<Record<BackendName, Backend>>
}

export const train = async (
  o: TrainOptions,
  { progress: shown, backends: table }: Environment = { progress: progress(), backends },
): Promise<Ending | null> => {
  const { say } = shown
  const started = performance.now()
  if (o.trace === true && o.backend !== undefined && o.backend !== 'cpu')
    fail(`--trace looks at every kernel of the cpu backend: give --backend cpu, not ${o.backend}`)
  const beginning = o.resume === undefined ? await begin(o) : await takeUp(o.resume, o)
  const { folder, checkpoint, text } = beginning
  if (o.dryRun === true) {
    for (const line of dryRun(beginning.settings)) say(line)
    return null
  }

  const dataset = await openData(beginning.settings.data, beginning.settings.model)
  const model = fitted(beginning.settings.model, dataset, (field) => saysOfModel(text, field))
  const settings: Settings = { ...beginning.settings, model }
  if (checkpoint !== null && checkpoint.about.fingerprint !== dataset.fingerprint)
    fail(`the pictures of ${settings.data} are not those that ${folder} was trained on`)
  const network = imageModel(model)
  const keys = keysOf(settings.seed)
  const rules = rulesOf(settings)
  const stream = examples(dataset, keys.order)
  const state = checkpoint?.state ?? freshState(init(network.spec)(keys.parameters))
  const at = { step: checkpoint?.about.step ?? 0, images: checkpoint?.about.images ?? 0 }
  if (o.trace === true) {
    await trace(settings, { rules, key: keys.noise, examples: stream, at, state }, say)
    return null
  }

  const threads = settings.threads ?? availableParallelism()
  const batch = settings.training.micro_batch
  const compiling = performance.now()
  const backend = table[settings.backend]
  const profile = o.profile === true
  const plan = trainingPlan(settings)
  const stepExecutable = watched(await compileTraining(plan, settings, backend, { threads, profile }))
  const answers = networkPlan(model, batch)
  const networkExecutable = await compileNetwork(answers, batch, backend, threads)
  const validated = validationCount(flopsOf(answers) / batch, backend.precision)
  const compiled = (performance.now() - compiling) / 1000
  const { spec } = network
  try {
    if (o.resume === undefined) await must(createRun(folder, writeSettings(settings)))
    say(`run         ${folder}${checkpoint === null ? '' : `, from step ${at.step}`}`)
    say(
      `data        ${dataset.name}: ${dataset.count} pictures of ${dataset.size} x ${dataset.size}, ${dataset.classes.length} classes`,
    )
    say(`model       ${settings.preset}, ${count(spec).toLocaleString('en')} parameters`)
    say(
      `backend     ${stepExecutable.description}, ${mebibytes(stepExecutable.bytes + networkExecutable.bytes)}, compiled in ${compiled.toFixed(1)} s`,
    )
    const steps = trainer(stepExecutable, rules, keys.noise, stream)
    await steps.load(state)
    const stop = stopSignal(() => say('stopping after this step; Ctrl-C again exits at once'))
    try {
      const ending = await session({
        folder,
        settings,
        spec,
        trainer: steps,
        asked: { ...shapesOf(model, batch), executable: networkExecutable, sigmaData: settings.training.sigma_data },
        validation: validationOf(dataset, validated, rules.noising, keys.validation),
        rows: rowsOf(dataset.classes, model.classes !== null),
        key: keys.root,
        sampleKey: keys.samples,
        fingerprint: dataset.fingerprint,
        classes: dataset.classes,
        at,
        seconds: checkpoint?.about.seconds ?? 0,
        gridSeconds: checkpoint?.about.gridSeconds ?? 0,
        history: beginning.history,
        progress: shown,
        clock: () => (performance.now() - started) / 1000,
        stopping: stop.asked,
      })
      if (profile) {
        const limits = await backend.limits(threads)
        const about = { ...stepExecutable, precision: backend.precision, limits, top: 30 }
        for (const line of profileTable(plan, await stepExecutable.seen(), about)) say(line)
      }
      const spent = clock((performance.now() - started) / 1000)
      const way =
        ending.kind === 'done'
          ? `look at ${join(folder, 'samples')} and ${join(folder, 'loss.png')}; make more with: npm run sample -- --run ${folder}`
          : `stopped; go on with: npm run train -- --resume ${folder}`
      say(`step ${ending.at.step}, ${ending.at.images} images, ${spent}: ${way}`)
      return ending
    } finally {
      stop.release()
    }
  } finally {
    await stepExecutable.dispose()
    await networkExecutable.dispose()
  }
}

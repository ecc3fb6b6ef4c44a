/** `diffit train`: from options to a run's folder with the trained model. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type BackendName, backends } from '../../backends/index.ts'
import { companionsOf } from '../data/open.ts'
import { companions, drawing } from '../io/companion.ts'
import { planOf } from '../lower/compile.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { count } from '../nn/spec.ts'
import type { Backend } from '../plan/backend.ts'
import { withShapes } from '../plan/compiled.ts'
import { flopsOf } from '../plan/cost.ts'
import { initialState, runOf } from '../train/run.ts'
import { type CompilingProgress, compilingProgress } from './compilingProgress.ts'
import { fitted, validationCount } from './data.ts'
import { dryRun } from './dryRun.ts'
import { fail, must } from './errors.ts'
import { invocation } from './invocation.ts'
import { keysOf } from './keys.ts'
import { spaceOf } from './latents/autoencoderOfLatents.ts'
import { EncodingStopped } from './latents/encodedData.ts'
import { type EncodingProgress, encodingProgress } from './latents/encodingProgress.ts'
import { imagesOfRun, type RunImages } from './latents/runImages.ts'
import { mebibytes } from './memory.ts'
import { modelOf } from './model.ts'
import type { Objective } from './objectives/objective.ts'
import { objectiveOf, objectives } from './objectives/objectives.ts'
import { compileNetwork, compileTraining, networkPlan } from './plans.ts'
import { profileTable, withProfile } from './profile.ts'
import { clock, type Progress, progress } from './progress.ts'
import { newRun, type Opened, resumedRun, type Start } from './run/start.ts'
import { drive, type Outcome, type Session } from './session/drive.ts'
import { fixedOf } from './settings/fixed.ts'
import { type Catalogue, type Settings, standard, type TrainOptions } from './settings/options.ts'
import { saysOfModel } from './settings/settings.ts'
import { type StopSignal, stopSignal } from './stop.ts'
import { heldBy, optimiserOf } from './task.ts'
import { threadsOf } from './threads.ts'
import { trace } from './trace.ts'

export type { TrainOptions } from './settings/options.ts'

export interface Environment {
  readonly progress: Progress
  readonly backends: Readonly<Record<BackendName, Backend>>
  /** Shows the encoding of pictures for models of latents; nothing is shown unless given. */
  readonly encoding?: EncodingProgress
  /** Makes what shows the compiling for a device; nothing is shown unless given. */
  readonly compiling?: () => CompilingProgress
  /** Folders for the latents of data sets; the usual ones unless given. */
  readonly caches?: readonly string[]
  /** Of a command that trains runs of its own: what hears signals for it, and how it is given again. */
  readonly caller?: { readonly stop: StopSignal; readonly again: string }
}

/** Everything known about a run before compiling. */
interface Prepared extends RunImages {
  readonly start: Start
  readonly settings: Settings
  readonly model: ConfiguredModel
  /** What trains the model. */
  readonly objective: Objective
  readonly known: Catalogue
}

const prepared = async (start: Start, environment: Environment, known: Catalogue): Promise<Prepared> => {
  const { settings: given, text, checkpoint, folder, resumed } = start
  const { caches, caller, encoding, backends, progress } = environment
  const asked = modelOf(given, known)
  const images = await imagesOfRun(
    given,
    asked,
    resumed ? { folder, autoencoder: checkpoint?.about.autoencoder ?? null } : null,
    {
      known,
      say: progress.say,
      machine: { backend: backends[given.backend], threads: threadsOf(given.threads, availableParallelism()).threads },
      progress: encoding ?? { show: () => undefined, stop: () => undefined },
      ...(caller === undefined ? {} : { stop: caller.stop }),
      ...(caches === undefined ? {} : { caches }),
    },
  )
  const { dataset } = images
  const settings = { ...given, model: fitted(asked, dataset, (field) => saysOfModel(text, field), known) }
  if (checkpoint !== null && checkpoint.about.fingerprint !== dataset.fingerprint)
    fail(`the images of ${given.data} are not those that ${folder} was trained on`)
  const model = modelOf(settings, known)
  return { start, settings, model, objective: objectiveOf(model, settings), ...images, known }
}

/** A run's starting point: its state, updates done and images seen. */
const standing = ({ start: { checkpoint }, settings, objective }: Prepared) => ({
  state: checkpoint?.state ?? initialState(objective.training().task, keysOf(settings.seed).parameters),
  at: checkpoint === null ? { step: 0, images: 0 } : { step: checkpoint.about.step, images: checkpoint.about.images },
  seconds: checkpoint === null ? 0 : checkpoint.about.seconds,
  gridSeconds: checkpoint === null ? 0 : checkpoint.about.gridSeconds,
})

/** The two programs of a run, and messages about them. */
const compiled = async (p: Prepared, o: TrainOptions, backend: Backend, shown?: CompilingProgress) => {
  const { settings, model, objective } = p
  const { threads, notice } = threadsOf(settings.threads, availableParallelism())
  const batch = settings.training.micro_batch
  const began = performance.now()
  const { task, program: build } = objective.training()
  const program = build()
  const plan = planOf(program)
  const answers = networkPlan(model, batch)
  const plans = { training: plan, network: answers }
  const training = withProfile(
    await compileTraining(plans, model, settings, backend, {
      threads,
      profile: o.profile === true,
      ...(shown && { compiling: shown.show }),
    }),
  )
  try {
    const network = await compileNetwork(answers, batch, backend, threads)
    const step = withShapes(plan, training, program)
    return {
      plan,
      training,
      task,
      step,
      run: runOf(step, task),
      network,
      space: spaceOf(model, p.autoencoder, { backend, threads }),
      threads,
      notice,
      validated: validationCount(flopsOf(answers) / batch, backend.precision, objective.mostValidated),
      line: `${training.description}, ${mebibytes(training.bytes + network.bytes)}, compiled in ${((performance.now() - began) / 1000).toFixed(1)} s`,
    }
  } catch (error) {
    await training.dispose()
    throw error
  }
}
type Compiled = Awaited<ReturnType<typeof compiled>>

const introduction = (
  { start, settings, model, dataset }: Prepared,
  { notice, line }: Compiled,
  { found }: Opened,
  step: number,
) => [
  ...start.notices,
  ...found,
  ...(notice === null ? [] : [notice]),
  `run         ${start.folder}${step === 0 ? '' : `, from step ${step}`}`,
  `data        ${dataset.name}: ${dataset.count} images of ${dataset.size} x ${dataset.size}, ${dataset.classes.length} classes`,
  ...dataset.notices.map((notice) => `            ${notice}`),
  `model       ${settings.preset}, ${count(model.spec).toLocaleString('en')} parameters`,
  `backend     ${line}`,
]

/** What is said when a signal asks a run to stop. */
export const signalled = (signal: string): string =>
  signal === 'SIGINT'
    ? 'stopping after this step; Ctrl-C again exits at once'
    : signal === 'SIGHUP'
      ? 'SIGHUP (the terminal or the connection was closed): stopping after this step. To keep a run alive, start it with setsid or in tmux; nohup has no effect on Node'
      : `${signal}: stopping after this step; send it again to exit at once`

const driven = async (
  p: Prepared,
  c: Compiled,
  { progress: shown }: Environment,
  session: Pick<Session, 'clock' | 'stopping'>,
): Promise<Outcome> => {
  const { start, settings, model, objective, dataset, autoencoder, space, known } = { ...p, space: c.space }
  const keys = keysOf(settings.seed)
  const { state, ...where } = standing(p)
  const opened = await start.open(settings, autoencoder)
  for (const line of introduction(p, c, opened, where.at.step)) shown.say(line)
  await c.run.load(state, { updates: where.at.step, images: where.at.images })
  return drive({
    folder: start.folder,
    ...opened,
    settings,
    fixed: fixedOf(settings, known),
    states: heldBy(model, settings).states,
    state: c.run.state,
    parameters: c.run.parameters,
    updates: (at, cooldown) => {
      const task = { ...c.task, optimiser: optimiserOf(model, settings.training, cooldown) }
      return runOf(c.step, task, { updates: at.step, images: at.images }).steps(objective.batches(dataset))
    },
    cooldown: start.checkpoint?.about.cooldown ?? null,
    network: c.network,
    report: objective.report({
      executable: c.network,
      batch: settings.training.micro_batch,
      dataset,
      space,
      count: c.validated,
    }),
    key: keys.root,
    fingerprint: dataset.fingerprint,
    autoencoder: autoencoder?.contentHash ?? null,
    classes: dataset.classes,
    ...where,
    progress: shown,
    ...session,
  })
}

const ran = async (p: Prepared, o: TrainOptions, environment: Environment, began: number): Promise<Outcome> => {
  const { say } = environment.progress
  const backend = environment.backends[p.settings.backend]
  const stop = environment.caller?.stop ?? stopSignal((signal) => say(signalled(signal)))
  try {
    const shown = environment.compiling?.()
    const c = await compiled(p, o, backend, shown).finally(() => shown?.stop())
    try {
      const clock = (): number => (performance.now() - began) / 1000
      const outcome = await driven(p, c, environment, { clock, stopping: stop.asked })
      if (o.profile === true) {
        const limits = await backend.limits(c.threads)
        const about = { ...c.training, precision: backend.precision, limits, top: 30 }
        for (const line of profileTable(c.plan, await c.training.seen(), about)) say(line)
      }
      return outcome
    } finally {
      await c.training.dispose()
      await c.network.dispose()
      await c.space.dispose()
    }
  } finally {
    if (environment.caller === undefined) stop.release()
  }
}

/** How to continue, depending on how it ended. */
const farewell = (
  { start: { folder }, model }: Prepared,
  { kind, at }: Outcome,
  spent: string,
  again: string,
): string => {
  const next = objectives[model.objective].next(folder)
  const way =
    kind === 'done'
      ? `see ${join(folder, 'samples')} and ${join(folder, 'loss.png')}${next === null ? '' : `; ${next}`}`
      : `stopped; resume with: ${again}`
  return `step ${at.step}, ${at.images} images, ${spent}: ${way}`
}

export const train = async (
  o: TrainOptions,
  environment: Environment = {
    progress: progress(),
    encoding: encodingProgress(),
    compiling: compilingProgress,
    backends,
  },
  known: Catalogue = standard,
): Promise<Outcome | null> => {
  const { say } = environment.progress
  const began = performance.now()
  if (o.trace === true && o.backend !== undefined && o.backend !== 'cpu')
    fail(`--trace prints every kernel of the cpu backend: give --backend cpu, not ${o.backend}`)
  const start = o.resume === undefined ? await newRun(o, known) : await resumedRun(o.resume, o, known)
  try {
    if (o.dryRun === true) {
      for (const line of dryRun(modelOf(start.settings, known), start.settings)) say(line)
      return null
    }
    const drawn = o.trace === true ? [] : drawing
    await must(companions('diffit train')([...new Set([...drawn, ...companionsOf(start.settings.data, known.kinds)])]))
    const p = await prepared(start, environment, known)
    if (o.trace === true) {
      await trace(
        p.model,
        p.settings,
        { batches: (one) => objectiveOf(p.model, one).batches(p.dataset), ...standing(p) },
        say,
      )
      return null
    }
    const outcome = await ran(p, o, environment, began)
    const again = environment.caller?.again ?? invocation('train', `--resume ${start.folder}`)
    say(farewell(p, outcome, clock((performance.now() - began) / 1000), again))
    return outcome
  } catch (error) {
    if (!(error instanceof EncodingStopped)) throw error
    say(error.message)
    return null
  } finally {
    await start.release()
  }
}

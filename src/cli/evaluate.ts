/**
 * `diffit evaluate`: how good a run's samples are. Draws them as `sample` does (image i of a class is the same picture in
 * both), judges them by a network as they come, and writes evaluation.json and evaluation.png.
 *
 * It may be stopped at any time: the same command goes on from what was saved, and ends as if it had never been stopped.
 */
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type BackendName, backends } from '../../backends/index.ts'
import { element } from '../codec/element.ts'
import type { Dataset } from '../data/dataset.ts'
import { companionsOf } from '../data/open.ts'
import type { CompiledNetwork } from '../diffusion/network.ts'
import { type ImageRequest, type Sampling, sample } from '../diffusion/sample.ts'
import { classOrder } from '../evaluation/classOrder.ts'
import type { FeatureNetwork } from '../evaluation/featureNetwork.ts'
import type { Steps } from '../evaluation/neighbours.ts'
import { writeAtomic } from '../io/atomic.ts'
import { companions, fflate, sharp } from '../io/companion.ts'
import { intact, sealed } from '../io/contentHash.ts'
import { lock } from '../io/lock.ts'
import { makeFolder } from '../io/makeFolder.ts'
import { configPath, names, readConfig } from '../io/run.ts'
import { readRecord } from '../io/runRecord.ts'
import { load, save } from '../io/safetensorsFile.ts'
import type { Backend } from '../plan/backend.ts'
import { calls } from './calls.ts'
import type { Checkpoint } from './checkpoint.ts'
import { openData } from './data.ts'
import { Failure, fail, must, mustBe } from './errors.ts'
import type { Evaluation } from './evaluation.ts'
import { evaluationPicture, shownOf } from './evaluationPicture.ts'
import type { EvaluationProgress } from './evaluationProgress.ts'
import { type Asked, begun, type EvaluationState, readState, stateFile } from './evaluationState.ts'
import { type JudgedPictures, openFeatureNetwork } from './featureNetworks.ts'
import { comparison, figuresOf, linesOf } from './figures.ts'
import {
  fileReferencePass,
  heldOutPass,
  type Judging,
  nearestTraining,
  type Pass,
  realPass,
  referencePass,
  type Samples,
  samplesPass,
  turnPictures,
} from './judgedPasses.ts'
import { keysOf } from './keys.ts'
import { modelOf } from './model.ts'
import { newest, passedOver } from './newest.ts'
import { type Catalogue, type EvaluateOptions, type Settings, standard } from './options.ts'
import { compileNetwork, networkPlan, shapesOf } from './plans.ts'
import { readReference, statisticsOf, writeStatistics } from './referenceStatistics.ts'
import { readRunToEvaluate } from './settings.ts'
import { processOf, samplingOf } from './tables.ts'
import { heldBy } from './task.ts'
import { threadsOf } from './threads.ts'

export type { EvaluateOptions } from './options.ts'

/** What surrounds an evaluation. */
export interface EvaluationEnvironment {
  readonly say: (line: string) => void
  readonly progress: EvaluationProgress
  readonly backends: Readonly<Record<BackendName, Backend>>
  readonly openNetwork: (path: string | null, judged: JudgedPictures) => Promise<FeatureNetwork>
  /** Whether the evaluation should save what it has and end. */
  readonly stopped: () => boolean
  /** Seconds between saves. */
  readonly saveSeconds: number
}

/** Of the command line, without progress and signals. */
export const quietly: EvaluationEnvironment = {
  say: () => undefined,
  progress: { show: () => undefined, stop: () => undefined },
  backends,
  openNetwork: openFeatureNetwork,
  stopped: () => false,
  saveSeconds: 60,
}

/** Pictures that the sampled network computes together: they affect memory and speed only. */
const together = 16

/** Samples of a class in the picture, and classes. */
const shownColumns = 8
const shownRows = 12

// ------------------------------------------------------------------------------------------------------- a run
interface Opened {
  readonly settings: Settings
  readonly checkpoint: Checkpoint
  readonly dataset: Dataset
  readonly known: Catalogue
}

const opened = async (o: EvaluateOptions, { say }: EvaluationEnvironment, known: Catalogue): Promise<Opened> => {
  const settings = mustBe(
    pipe(
      readRunToEvaluate(await must(readConfig(o.run)), o, known),
      E.mapLeft((what) => `${configPath(o.run)}: ${what}`),
    ),
  )
  const npz = o.reference === undefined && o.writeReference === undefined ? [] : [fflate]
  await must(companions('diffit evaluate')([sharp, ...npz, ...companionsOf(settings.data, known.kinds)]))
  const model = modelOf(settings, known)
  const found = await newest(o.run, await must(readRecord(o.run)), heldBy(model, settings), known)
  for (const line of passedOver(found)) say(line)
  const checkpoint = found.checkpoint ?? fail(`${o.run} has no checkpoint yet: train the model first`)
  const dataset = await openData(settings.data, model, known)
  if (dataset.fingerprint !== checkpoint.about.fingerprint)
    fail(`the images of ${settings.data} are not those that ${o.run} was trained on`)
  return { settings, checkpoint, dataset, known }
}

/** The samples to draw: of the classes as training shows them, each class's in the order of `sample`. */
const requestsOf = (dataset: Dataset, conditional: boolean, count: number): readonly ImageRequest[] => {
  if (!conditional) return Array.from({ length: count }, (_, index) => ({ label: null, index }))
  const weights = dataset.train.map((items) => (items.length === 0 ? 0 : dataset.balanced ? 1 : items.length))
  const drawn = weights.map(() => 0)
  return Array.from(classOrder(weights, count), (label) => {
    const index = element(drawn, label)
    drawn[label] = index + 1
    return { label, index }
  })
}

/** Places of the shown samples: of every shown class every k-th, never chosen ones. */
const shownPlaces = (requests: readonly ImageRequest[], classes: number): ReadonlySet<number> => {
  const rows = Math.min(classes, shownRows)
  const every = Array.from({ length: rows }, (_, row) => Math.floor((row * classes) / rows))
  return new Set(
    every.flatMap((c) => {
      const own = requests.flatMap(({ label }, i) => (label === null || label === c ? [i] : []))
      const columns = Math.min(own.length, shownColumns)
      return Array.from({ length: columns }, (_, j) => element(own, Math.floor((j * own.length) / columns)))
    }),
  )
}

// ------------------------------------------------------------------------------------------------- the passes
/** An evaluation that was asked to stop, and saved what it had: the same command goes on. */
export class EvaluationStopped extends Failure {}

/** Thrown within a turn, which is then not counted. */
class Interrupted extends Error {}

const stateName = 'evaluation-state.safetensors'

const resumed = async (out: string, asked: Asked, fresh: EvaluationState): Promise<EvaluationState> => {
  if (!(await must(names(out))).includes(stateName)) return fresh
  const path = join(out, stateName)
  return mustBe(
    pipe(
      intact(true)(await must(load(path))),
      E.chain(readState(asked, fresh)),
      E.mapLeft(
        (what) => `${path}: ${what}; give the same options, or another --out, or delete the file to begin anew`,
      ),
    ),
  )
}

/** Takes all passes to their end; saves now and then, and where it is stopped. */
const driven = async (
  passes: readonly Pass[],
  start: EvaluationState,
  { progress, stopped, saveSeconds }: EvaluationEnvironment,
  keep: (state: EvaluationState) => Promise<void>,
): Promise<EvaluationState> => {
  let [state, saved] = [start, performance.now()]
  const stop = async ({ what, all, done }: Pass): Promise<never> => {
    await keep(state)
    throw new EvaluationStopped(`stopped after ${done(state)} of ${all} ${what}: the same command continues`)
  }
  for (const pass of passes) {
    const [first, began] = [pass.done(state), performance.now()]
    while (pass.done(state) < pass.all) {
      const done = pass.done(state)
      if (stopped()) await stop(pass)
      try {
        state = await pass.turn(state, done, Math.min(turnPictures, pass.all - done))
      } catch (error) {
        if (error instanceof Interrupted) await stop(pass)
        throw error
      }
      const [now, at] = [performance.now(), pass.done(state)]
      progress.show({ what: pass.what, done: at, all: pass.all, pictures: at - first, seconds: (now - began) / 1000 })
      if (now - saved >= saveSeconds * 1000) {
        await keep(state)
        saved = performance.now()
      }
    }
  }
  return state
}

/** All steps, with progress; a stop between two of them ends the evaluation. */
const inSteps = async <A>(steps: Steps<A>, all: number, { progress, stopped }: EvaluationEnvironment): Promise<A> => {
  const began = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    const done = Math.round(step.value * all)
    const seconds = (performance.now() - began) / 1000
    progress.show({ what: 'precision and recall', done, all, pictures: step.value * all, seconds })
    await setImmediate()
    if (stopped()) throw new EvaluationStopped('stopped within precision and recall: the same command continues')
  }
}

/** The network that is sampled, compiled, with its averaged parameters. */
const compiledNetwork = async (
  { settings, checkpoint, known }: Opened,
  backend: Backend,
  threads: number,
): Promise<CompiledNetwork> => {
  const model = modelOf(settings, known)
  const executable = await compileNetwork(networkPlan(model, together), together, backend, threads)
  await executable.write({ theta: heldBy(model, settings).evaluated(checkpoint.state) })
  return { ...shapesOf(model, together), executable, process: processOf(settings.training) }
}

// ------------------------------------------------------------------------------------------------------ the whole
/** What an evaluation is asked for, apart from where its results go. */
const askedOf = (o: EvaluateOptions, { settings, checkpoint, dataset }: Opened, network: FeatureNetwork): Asked => ({
  run: checkpoint.about.key,
  step: checkpoint.about.step,
  data: dataset.fingerprint,
  count: countOf(o),
  seed: o.seed ?? settings.seed,
  guidance: settings.sampling.guidance,
  steps: settings.sampling.steps,
  sampler: settings.sampling.sampler,
  schedule: settings.sampling.schedule,
  backend: settings.backend,
  network: network.name,
  'held-out accuracy': network.heldOutAccuracy,
  reference: o.reference ?? null,
  'precision-count': o.precisionCount ?? calls.precisionCount.about.default,
  splits: o.splits ?? calls.splits.about.default,
})

const countOf = ({ count }: EvaluateOptions): number => count ?? calls.samples.about.default

/** Evaluates an open run by an open network, in a folder that is this process's. */
const evaluated = async (
  o: EvaluateOptions,
  run: Opened,
  { network, compiled, out }: { network: FeatureNetwork; compiled: CompiledNetwork; out: string },
  environment: EvaluationEnvironment,
): Promise<Evaluation> => {
  const { settings, checkpoint, dataset } = run
  const { about } = checkpoint
  const asked = askedOf(o, run, network)
  const [count, seed] = [countOf(o), o.seed ?? settings.seed]
  const splits = Math.min(count, o.splits ?? calls.splits.about.default)
  const state = await resumed(out, asked, begun(network.features, network.classes, splits))
  const requests = requestsOf(dataset, compiled.classes !== null, count)
  const sampling: Sampling = samplingOf(settings.sampling)
  const stopCheck = (): void => {
    if (environment.stopped()) throw new Interrupted()
  }
  const named =
    compiled.classes !== null && network.labels !== null && network.labels.join('\n') === about.classes.join('\n')
  const places = shownPlaces(requests, compiled.classes ?? 1)
  const samples: Samples = {
    requests,
    named,
    isShown: (i) => places.has(i),
    draw: (now) => sample(compiled, sampling, { stopCheck })(keysOf(seed).samples, now),
  }
  const j: Judging = {
    dataset,
    network,
    nearest: nearestTraining(dataset),
    kept: o.precisionCount ?? calls.precisionCount.about.default,
  }
  const given = o.reference === undefined ? null : await must(readReference(o.reference, { ...network, ...dataset }))
  const keep = (now: EvaluationState): Promise<void> => must(save(join(out, stateName), sealed(stateFile(asked, now))))
  const referred = given === null ? [referencePass(j)] : given.kind === 'pictures' ? [fileReferencePass(j, given)] : []
  const before = await driven(referred, state, environment, keep)
  const reference =
    given?.kind === 'statistics'
      ? given
      : statisticsOf(
          given === null ? `training pictures of ${dataset.name}` : given.source,
          before.reference.done,
          before.reference.moments,
        )
  if (o.writeReference !== undefined) await must(writeStatistics(o.writeReference, reference))
  const rest = [heldOutPass(j), realPass(j, keysOf(seed).real, count), samplesPass(j, samples)]
  const end = await driven(rest, before, environment, keep)
  // what follows takes long where there are many features
  if (end !== state) await keep(end)
  const steps = comparison(end)
  const compared = steps === null ? null : await inSteps(steps, Math.min(count, j.kept), environment)
  const { sampler, schedule, guidance } = settings.sampling
  const found = figuresOf({
    run: o.run,
    step: about.step,
    images: about.images,
    sampling: { count, seed, guidance, sampler, schedule, steps: settings.sampling.steps },
    state: end,
    network,
    reference,
    compared,
    classes: named ? about.classes : null,
  })
  const shown = shownOf(end, requests, places, compiled.classes === null ? null : about.classes)
  await must(writeAtomic(join(out, 'evaluation.png'), await must(evaluationPicture(found, shown, dataset))))
  await must(writeAtomic(join(out, 'evaluation.json'), `${JSON.stringify(found, null, 2)}\n`))
  await rm(join(out, stateName), { force: true })
  return found
}

/**
 * Evaluates a run: writes evaluation.json and evaluation.png, and gives what the former says. A `Failure` of one sentence
 * where something is missing or damaged; an `EvaluationStopped` where it
 * was asked to stop.
 */
export const evaluateRun = async (
  o: EvaluateOptions,
  environment: EvaluationEnvironment = quietly,
  known: Catalogue = standard,
): Promise<Evaluation> => {
  if (o.reference !== undefined && o.writeReference !== undefined)
    fail('--reference and --write-reference cannot be given together: statistics of a file are there already')
  if (countOf(o) < 2) fail('--count is 1: expected at least 2, one picture has no covariance')
  const run = await opened(o, environment, known)
  const { settings, dataset } = run
  const out = o.out ?? join(o.run, 'evaluation')
  await must(makeFolder(out))
  const held = await must(lock(out))
  try {
    const { threads, notice } = threadsOf(settings.threads, availableParallelism())
    if (notice !== null) environment.say(notice)
    const backend = environment.backends[settings.backend]
    const judged: JudgedPictures = { dataset, data: settings.data, backend, threads, known }
    const network = await environment.openNetwork(o.network ?? null, judged)
    try {
      const compiled = await compiledNetwork(run, backend, threads)
      try {
        const found = await evaluated(o, run, { network, compiled, out }, environment)
        environment.progress.stop()
        for (const line of linesOf(found)) environment.say(line)
        environment.say(`${join(out, 'evaluation.json')} and ${join(out, 'evaluation.png')}`)
        return found
      } finally {
        await compiled.executable.dispose()
      }
    } finally {
      await network.dispose()
    }
  } finally {
    environment.progress.stop()
    await held.release()
  }
}

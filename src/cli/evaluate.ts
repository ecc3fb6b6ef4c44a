/**
 * `diffit evaluate`: how good a run's samples are. Draws them as `sample` does (image i of a class is the same picture in
 * both), judges them by a network as they come, and writes evaluation.json and evaluation.png.
 *
 * It may be stopped at any time: the same command goes on from what was saved, and ends as if it had never been stopped.
 */
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { backends } from '../../backends/index.ts'
import { type ImageRequest, sample } from '../diffusion/sample.ts'
import type { FeatureNetwork } from '../evaluation/featureNetwork.ts'
import { writeAtomic } from '../io/atomic.ts'
import { intact, sealed } from '../io/contentHash.ts'
import { lock } from '../io/lock.ts'
import { makeFolder } from '../io/makeFolder.ts'
import { names } from '../io/run.ts'
import { load, save } from '../io/safetensorsFile.ts'
import { fail, must, mustBe } from './errors.ts'
import type { Evaluation } from './evaluation/evaluation.ts'
import { type JudgedPictures, openFeatureNetwork } from './evaluation/featureNetworks.ts'
import { comparison, type Findings, figuresOf, linesOf } from './evaluation/figures.ts'
import {
  fileReferencePass,
  heldOutPass,
  type Judging,
  nearestTraining,
  realPass,
  referencePass,
  samplesPass,
} from './evaluation/judgedPasses.ts'
import { compiledRun, type OpenedRun, openedRun } from './evaluation/openedRun.ts'
import { evaluationPicture, type ShownRow, shownOf } from './evaluation/picture.ts'
import { readReference, statisticsOf, writeStatistics } from './evaluation/referenceStatistics.ts'
import { requestsOf, shownPlaces } from './evaluation/sampleRequests.ts'
import { driven, type EvaluationEnvironment, Interrupted, inSteps } from './evaluation/session.ts'
import { type Asked, begun, type EvaluationState, readState, stateFile } from './evaluation/state.ts'
import { keysOf } from './keys.ts'
import { calls } from './settings/calls.ts'
import { type Catalogue, type EvaluateOptions, standard } from './settings/options.ts'
import { samplingSaid } from './settings/samplingSaid.ts'
import { samplingOf } from './settings/tables.ts'
import { threadsOf } from './threads.ts'

export type { EvaluateOptions } from './settings/options.ts'

/** Of the command line, without progress and signals. */
export const quietly: EvaluationEnvironment = {
  say: () => undefined,
  progress: { show: () => undefined, stop: () => undefined },
  backends,
  openNetwork: openFeatureNetwork,
  stopped: () => false,
  saveSeconds: 60,
}

// ------------------------------------------------------------------------------------------------- the passes
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

// ------------------------------------------------------------------------------------------------------ the whole
/** What an evaluation is asked for, apart from where its results go. */
const askedOf = (o: EvaluateOptions, { settings, checkpoint, dataset }: OpenedRun, network: FeatureNetwork): Asked => ({
  run: checkpoint.about.key,
  step: checkpoint.about.step,
  data: dataset.fingerprint,
  count: countOf(o),
  seed: o.seed ?? settings.seed,
  guidance: settings.sampling.guidance,
  steps: settings.sampling.steps,
  sampler: settings.sampling.sampler,
  schedule: settings.sampling.schedule,
  ...samplingSaid(settings.sampling),
  backend: settings.backend,
  network: network.name,
  'held-out accuracy': network.heldOutAccuracy,
  reference: o.reference ?? null,
  'precision-count': o.precisionCount ?? calls.precisionCount.about.default,
  splits: o.splits ?? calls.splits.about.default,
})

const countOf = ({ count }: EvaluateOptions): number => count ?? calls.samples.about.default

interface Judges extends Pick<JudgedPictures, 'backend' | 'threads'> {
  readonly network: FeatureNetwork
  /** The folder of the results. */
  readonly out: string
}

/** Judges real pictures and samples to the end, from where it was. */
const judgedAll = async (
  o: EvaluateOptions,
  run: OpenedRun,
  { network, backend, threads, out }: Judges,
  environment: EvaluationEnvironment,
): Promise<Omit<Findings, 'run' | 'step' | 'images' | 'sampling'> & { readonly rows: readonly ShownRow[] }> => {
  const { settings, model, checkpoint, dataset } = run
  const { classes: names } = checkpoint.about
  const { classes } = model.shape
  const asked = askedOf(o, run, network)
  const [count, keys] = [countOf(o), keysOf(o.seed ?? settings.seed)]
  const splits = Math.min(count, o.splits ?? calls.splits.about.default)
  const state = await resumed(out, asked, begun(network.features, network.classes, splits))
  const given = o.reference === undefined ? null : await must(readReference(o.reference, { ...network, ...dataset }))
  const keep = (now: EvaluationState): Promise<void> => must(save(join(out, stateName), sealed(stateFile(asked, now))))
  const kept = o.precisionCount ?? calls.precisionCount.about.default
  const j: Judging = { dataset, network, nearest: nearestTraining(dataset), kept }
  const referred = given === null ? [referencePass(j)] : given.kind === 'pictures' ? [fileReferencePass(j, given)] : []
  const before = await driven(referred, state, environment, keep)
  const source = given === null ? `training pictures of ${dataset.name}` : given.source
  const reference =
    given?.kind === 'statistics' ? given : statisticsOf(source, before.reference.done, before.reference.moments)
  if (o.writeReference !== undefined) await must(writeStatistics(o.writeReference, reference))
  const requests = requestsOf(dataset, classes !== null, count)
  const places = shownPlaces(requests, classes ?? 1)
  const named = classes !== null && network.labels !== null && isDeepStrictEqual(network.labels, names)
  const { network: compiled, space } = await compiledRun(run, { backend, threads })
  try {
    const stopCheck = (): void => {
      if (environment.stopped()) throw new Interrupted()
    }
    const draw = async (now: readonly ImageRequest[]) => {
      const made = sample(compiled, samplingOf(settings.sampling, compiled.process), { stopCheck })
      return space.decode(await made(keys.samples, now), stopCheck)
    }
    const samples = samplesPass(j, { requests, named, isShown: (i) => places.has(i), draw })
    const end = await driven([heldOutPass(j), realPass(j, keys.real, count), samples], before, environment, keep)
    // what follows takes long where there are many features
    if (end !== state) await keep(end)
    const steps = comparison(end)
    const compared = steps === null ? null : await inSteps(steps, Math.min(count, kept), environment)
    const rows = shownOf(end, requests, places, classes === null ? null : names)
    return { state: end, network, reference, compared, classes: named ? names : null, rows }
  } finally {
    await compiled.executable.dispose()
    await space.dispose()
  }
}

/** Evaluates an open run by an open network, in a folder that is this process's. */
const evaluated = async (
  o: EvaluateOptions,
  run: OpenedRun,
  judges: Judges,
  environment: EvaluationEnvironment,
): Promise<Evaluation> => {
  const { rows, ...findings } = await judgedAll(o, run, judges, environment)
  const { settings, checkpoint, dataset } = run
  const { step, images } = checkpoint.about
  const { sampler, schedule, guidance, steps } = settings.sampling
  const others = samplingSaid(settings.sampling)
  const sampling = { count: countOf(o), seed: o.seed ?? settings.seed, guidance, sampler, schedule, steps, others }
  const found = figuresOf({ ...findings, run: o.run, step, images, sampling })
  const png = await must(evaluationPicture(found, rows, dataset))
  await must(writeAtomic(join(judges.out, 'evaluation.png'), png))
  await must(writeAtomic(join(judges.out, 'evaluation.json'), `${JSON.stringify(found, null, 2)}\n`))
  await rm(join(judges.out, stateName), { force: true })
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
  const run = await openedRun('diffit evaluate', o, environment, known)
  const { settings, data, dataset } = run
  const out = o.out ?? join(o.run, 'evaluation')
  const { threads, notice } = threadsOf(settings.threads, availableParallelism())
  if (notice !== null) environment.say(notice)
  const backend = environment.backends[settings.backend]
  const judged: JudgedPictures = { dataset, data, backend, threads, known, say: environment.say }
  const network = await environment.openNetwork(o.network ?? null, judged)
  try {
    await must(makeFolder(out))
    const held = await must(lock(out))
    try {
      const found = await evaluated(o, run, { network, backend, threads, out }, environment)
      environment.progress.stop()
      for (const line of linesOf(found)) environment.say(line)
      environment.say(`${join(out, 'evaluation.json')} and ${join(out, 'evaluation.png')}`)
      return found
    } finally {
      await held.release()
    }
  } finally {
    environment.progress.stop()
    await network.dispose()
  }
}

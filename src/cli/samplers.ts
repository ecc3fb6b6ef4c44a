/**
 * `diffit samplers`: every sampler on one run, with several numbers of steps: how far its images are from the solution of the
 * probability-flow ODE from the same noise (Heun's method with many steps), and how far its samples are from real pictures.
 *
 * Writes samplers.json, samplers.md and samplers.png. What is finished is never made again: stopped or killed, the same
 * command goes on.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { samplerNames } from '../diffusion/sampler/samplers.ts'
import { schedules } from '../diffusion/schedule/schedules.ts'
import { writeAtomic } from '../io/atomic.ts'
import { companions, fflate } from '../io/companion.ts'
import { lock } from '../io/lock.ts'
import { makeFolder } from '../io/makeFolder.ts'
import { fail, must } from './errors.ts'
import { quietly } from './evaluate.ts'
import { usualNetwork } from './evaluation/featureNetworks.ts'
import { compiledRun, type OpenedRun, openedRun } from './evaluation/openedRun.ts'
import { type EvaluationEnvironment, EvaluationStopped, Interrupted } from './evaluation/session.ts'
import { requestsOf, rowsOf } from './grid.ts'
import { type Bench, filled, imagesOf, judgeOf, solutionOf, type Way } from './samplers/cells.ts'
import { samplersPicture } from './samplers/picture.ts'
import type { Asked, SamplersRecord } from './samplers/record.ts'
import { tableText } from './samplers/table.ts'
import { listed } from './settings/calls/words.ts'
import { calls } from './settings/calls.ts'
import { type Catalogue, type SamplersOptions, standard } from './settings/options.ts'
import { samplingSaid } from './settings/samplingSaid.ts'
import { threadsOf } from './threads.ts'

/** @param judge the network that judges; null: none */
const askedOf = (o: SamplersOptions, { settings, checkpoint }: OpenedRun, judge: string | null): Asked => ({
  run: o.run,
  step: checkpoint.about.step,
  images: checkpoint.about.images,
  guidance: settings.sampling.guidance,
  schedule: settings.sampling.schedule,
  others: samplingSaid(settings.sampling),
  seed: o.seed ?? settings.seed,
  reference_steps: o.referenceSteps ?? calls.referenceSteps.about.default,
  solved: o.perClass ?? calls.solvedCount.about.default,
  network: judge,
  judged: judge === null ? null : (o.count ?? calls.judgedCount.about.default),
})

/** Draws what all cells hold. */
const written = async (b: Bench, ways: readonly Way[], all: SamplersRecord): Promise<void> => {
  const shown = []
  for (const way of ways) shown.push({ ...way, images: await imagesOf(b, way) })
  const solution = { sampler: 'heun', steps: all.asked.reference_steps, images: await solutionOf(b) }
  const png = await must(samplersPicture(shown, solution, b.space.picture))
  await must(writeAtomic(join(b.out, 'samplers.png'), png))
  await must(writeAtomic(join(b.out, 'samplers.md'), tableText(all)))
}

/** The options that decide how a run is opened and sampled. */
const machineOf = ({ run, guidance, backend, threads }: SamplersOptions) => ({
  run,
  ...(guidance === undefined ? {} : { guidance }),
  ...(backend === undefined ? {} : { backend }),
  ...(threads === undefined ? {} : { threads }),
})

const compared = async (
  o: SamplersOptions,
  run: OpenedRun,
  out: string,
  environment: EvaluationEnvironment,
  known: Catalogue,
): Promise<SamplersRecord> => {
  const { settings, model, dataset, checkpoint } = run
  const judgedBy = o.network ?? (await usualNetwork({ dataset, known }))
  if (judgedBy === null)
    environment.say('no network judges the samples: train one (--preset classifier) or name one (--network)')
  else await must(companions('diffit samplers')([fflate]))
  const { threads, notice } = threadsOf(settings.threads, availableParallelism())
  if (notice !== null) environment.say(notice)
  const { network, space } = await compiledRun(run, { backend: environment.backends[settings.backend], threads })
  try {
    const asked = askedOf(o, run, judgedBy)
    const counts = listed(o.steps ?? calls.stepCounts.about.default)
    for (const steps of [...counts, asked.reference_steps]) {
      const why = schedules[asked.schedule].refusal(steps, network.process.range)
      if (why !== null) fail(`${steps} steps: the run's sampling.schedule is ${why}`)
    }
    const rows = rowsOf(checkpoint.about.classes, model.shape.classes !== null)
    const requests = requestsOf(rows, { columns: asked.solved })
    const ways = samplerNames.flatMap((sampler) => counts.map((steps) => ({ sampler, steps })))
    const b: Bench = { sampling: settings.sampling, network, space, out, asked, requests, environment }
    const judge = judgedBy === null ? null : judgeOf(b, ways[0], { ...machineOf(o), network: judgedBy }, known)
    const all = await filled(b, ways, judge)
    await written(b, ways, all)
    return all
  } finally {
    await network.executable.dispose()
    await space.dispose()
  }
}

/**
 * Compares all samplers on a run. A `Failure` of one sentence where something is missing, an `EvaluationStopped` where it was
 * asked to stop.
 */
export const compareSamplers = async (
  o: SamplersOptions,
  environment: EvaluationEnvironment = quietly,
  known: Catalogue = standard,
): Promise<SamplersRecord> => {
  const run = await openedRun('diffit samplers', machineOf(o), environment, known)
  const out = o.out ?? join(o.run, 'samplers')
  await must(makeFolder(join(out, 'images')))
  const held = await must(lock(out))
  try {
    const all = await compared(o, run, out, environment, known)
    environment.progress.stop()
    environment.say(`${join(out, 'samplers.md')} and ${join(out, 'samplers.png')}`)
    return all
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    throw new EvaluationStopped(`stopped: the same command goes on with what is in ${out}`)
  } finally {
    environment.progress.stop()
    await held.release()
  }
}

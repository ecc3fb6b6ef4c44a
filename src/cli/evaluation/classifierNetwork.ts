/** A classifier's run as a network that judges pictures, and where one is looked for. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { stacked } from '../../classification/batch.ts'
import { type CompiledClassifier, judge, scored } from '../../classification/judge.ts'
import type { Dataset } from '../../data/dataset.ts'
import type { FeatureNetwork } from '../../evaluation/featureNetwork.ts'
import { names } from '../../io/run.ts'
import { checkpointPath } from '../../io/runCheckpoints.ts'
import { readMetrics } from '../../io/runMetrics.ts'
import { readRecord } from '../../io/runRecord.ts'
import { loadMetadata } from '../../io/safetensorsFile.ts'
import { decodeModel } from '../../models/models.ts'
import type { Backend } from '../../plan/backend.ts'
import { heldOutPictures } from '../data.ts'
import { fail, must } from '../errors.ts'
import { modelOf } from '../model.ts'
import { classifierFeatures, classifierShapes } from '../objectives/classification.ts'
import { objectives } from '../objectives/objectives.ts'
import { compileNetwork, networkPlan } from '../plans.ts'
import { mostTrained } from '../run/newest.ts'
import { settingsOfRun } from '../run/settingsOfRun.ts'
import type { Catalogue } from '../settings/options.ts'
import { heldBy } from '../task.ts'
import { trainCommand } from '../trainCommand.ts'

/** What a classifier is opened for: the data whose pictures it judges, and what computes it. */
export interface ClassifierUse {
  readonly dataset: Dataset
  readonly backend: Backend
  readonly threads: number
  readonly known: Catalogue
  /** Hears which damaged checkpoints were passed over. */
  readonly say: (line: string) => void
  /** Pictures that are computed together; it affects memory and speed only. */
  readonly batch?: number
}

/** The share of held-out pictures that it names rightly, as its run measured it at this step; null if it did not. */
const measured = async (folder: string, step: number): Promise<number | null> => {
  const rows = await must(readMetrics(folder))
  return rows.find((row) => row.step === step)?.measures?.accuracy ?? null
}

/** The same, computed; null for data of which nothing is held out. */
const computed = async (network: CompiledClassifier, dataset: Dataset): Promise<number | null> => {
  if (dataset.heldOut.flat().length === 0) return null
  const held = heldOutPictures(dataset, Number.POSITIVE_INFINITY)
  const { logits } = await judge(network)(stacked(held, network), held.length)
  const labels = held.map(({ label }) => label)
  return scored(logits, labels, { classes: network.classes, smoothing: 0 }).accuracy
}

/**
 * The classifier of a run: its most trained checkpoint with the averaged parameters. It fails in one sentence where the folder holds
 * no run of a classifier, or one of pictures of another size than the data's.
 */
export const classifierNetwork = async (
  folder: string,
  { dataset, backend, threads, known, say, batch = 64 }: ClassifierUse,
): Promise<FeatureNetwork> => {
  const settings = await settingsOfRun(folder, known)
  const model = modelOf(settings, known)
  if (model.objective !== 'classification')
    return fail(
      `${folder} is a run of ${objectives[model.objective].trains}: expected a run of ${objectives.classification.trains}`,
    )
  const { size, channels } = model.shape
  if (size !== dataset.size || channels !== dataset.channels)
    fail(
      `${folder} judges pictures of ${size} x ${size} x ${channels}: expected ${dataset.size} x ${dataset.size} x ${dataset.channels}, those of ${dataset.name}`,
    )
  const held = heldBy(model, settings)
  const { about, state } = await mostTrained(folder, held, known, say)
  const executable = await compileNetwork(networkPlan(model, batch), batch, backend, threads)
  try {
    await executable.write({ theta: held.evaluated(state) })
    const network: CompiledClassifier = { ...classifierShapes(model, batch), executable }
    const own = isDeepStrictEqual(about.classes, dataset.classes)
    const reported =
      own && about.fingerprint === dataset.fingerprint && dataset.heldOut.flat().length > 0
        ? await measured(folder, about.step)
        : null
    return {
      name: `classifier ${folder}, step ${about.step}`,
      distance: 'relative distance',
      features: classifierFeatures(model),
      classes: network.classes,
      labels: own ? about.classes : null,
      heldOutAccuracy: own ? (reported ?? (await computed(network, dataset))) : null,
      judge: judge(network),
      dispose: executable.dispose,
    }
  } catch (error) {
    await executable.dispose()
    throw error
  }
}

/** The command that trains a classifier of this data at a size. */
const classifierCommand = (data: string, size: number, known: Catalogue): string => {
  const { presets, models } = known
  const preset = [...presets].find(([, { config }]) =>
    models.some(({ name, objective }) => name === config.model && objective === 'classification'),
  )
  if (preset === undefined) return fail('no preset is a classifier')
  const [name, { recipe }] = preset
  return trainCommand(name, size, recipe.data === data ? '' : `--data ${data}`, known)
}

/** When a finished run of a classifier for this data was last written; null for any other folder. */
const finished = async (folder: string, fingerprint: string, { models }: Catalogue): Promise<number | null> => {
  const record = await readRecord(folder)()
  const last = E.isRight(record) ? record.right.checkpoints.at(-1) : undefined
  if (last === undefined) return null
  const path = checkpointPath(folder, last)
  const metadata = await loadMetadata(path)()
  if (E.isLeft(metadata)) return null
  const { model = '', fingerprint: data, done } = metadata.right
  const classifier = pipe(
    E.tryCatch(
      (): unknown => JSON.parse(model),
      () => 'it is not JSON',
    ),
    E.chain((raw) => decodeModel(raw, models)),
    E.exists(({ objective }) => objective === 'classification'),
  )
  return classifier && data === fingerprint && done !== undefined ? (await stat(path)).mtimeMs : null
}

/** The newest finished run of a classifier for this data in a folder of runs; null if there is none. */
export const newestClassifier = async (
  runs: string,
  { dataset, known }: Pick<ClassifierUse, 'dataset' | 'known'>,
): Promise<string | null> => {
  const found: { readonly folder: string; readonly at: number }[] = []
  for (const name of await must(names(runs))) {
    const folder = join(runs, name)
    const at = await finished(folder, dataset.fingerprint, known)
    if (at !== null) found.push({ folder, at })
  }
  return found.toSorted((a, b) => b.at - a.at)[0]?.folder ?? null
}

/**
 * The same; it fails in a sentence that says how one is trained where there is none.
 * @param data the name of the data, as `--data` takes it
 */
export const usualClassifier = async (
  runs: string,
  use: Pick<ClassifierUse, 'dataset' | 'known'> & { readonly data: string },
): Promise<string> =>
  (await newestClassifier(runs, use)) ??
  fail(
    `no finished run of a classifier of ${use.dataset.name} is in ${runs}: train one with: ${classifierCommand(use.data, use.dataset.size, use.known)}; or name a --network`,
  )

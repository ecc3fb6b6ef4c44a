/**
 * Our side of time to quality: an ordinary run of `diffit train`, stopped at each mark, where the loss of the parameters that
 * `sample` would use is measured, and resumed. Given again it goes on where it was stopped.
 */
import { backends } from '../../backends/index.ts'
import { edmLoss } from '../../src/cli/comparison/edmLoss.ts'
import { type Ground, withNetwork } from '../../src/cli/comparison/ending.ts'
import { standOf, type Trained } from '../../src/cli/comparison/runs.ts'
import { validationAt } from '../../src/cli/comparison/validation.ts'
import { progress } from '../../src/cli/progress.ts'
import type { Settings } from '../../src/cli/settings/options.ts'
import type { StopSignal } from '../../src/cli/stop.ts'
import { train } from '../../src/cli/train.ts'
import { edmNoise } from '../../src/diffusion/noise/lognormal.ts'
import type { NoisedImage } from '../../src/diffusion/noise/noised.ts'
import type { Curve } from './curve.ts'
import type { Task } from './task.ts'

/** The two validation sets of a contestant. */
export interface Held {
  readonly edm: readonly NoisedImage[]
  readonly own: readonly NoisedImage[]
}

export const heldOf = ({ dataset }: Pick<Ground, 'dataset'>, { training }: Settings): Held => ({
  edm: validationAt(dataset, edmNoise),
  own: validationAt(dataset, { mean: training.sigma_mean, std: training.sigma_std }),
})

type Measured = Required<Pick<Curve, 'points' | 'own'>>

/** The curve with the losses of a checkpoint, unless it has them; what lies beyond it belongs to a cooldown that was undone. */
const measured = async (
  folder: string,
  before: Measured,
  end: Trained,
  { ground, held }: { readonly ground: Ground; readonly held: Held },
): Promise<Measured> => {
  const { images } = end.checkpoint.about
  const kept = (points: Measured['points']) => points.filter(([at]) => at <= images)
  const [points, own] = [kept(before.points), kept(before.own)]
  if (images === 0 || points.at(-1)?.[0] === images) return { points, own }
  return withNetwork(folder, end, ground, async (network) => ({
    points: [...points, [images, await edmLoss(network, held.edm, ground.stopCheck)]],
    own: [...own, [images, await edmLoss(network, held.own, ground.stopCheck)]],
  }))
}

/** Asks a run to stop once it has done so many steps; whoever asks it before is heard as well. */
const stopAfter = (steps: number, { asked }: StopSignal) => {
  const shown = progress()
  let done = 0
  return {
    progress: {
      ...shown,
      show: (reading: Parameters<typeof shown.show>[0]) => {
        done = reading.step
        shown.show(reading)
      },
      say: () => undefined,
    },
    // a run hears it while its next step is under way
    stop: { asked: () => done + 1 >= steps || asked(), release: () => undefined },
  }
}

/** Trains to the budget, or to the lowest goal; false if it was stopped before. */
export const trainOurs = async (task: Task, ground: Ground, save: (curve: Measured) => Promise<void>) => {
  const { settings, folder, marks, goal, budget, stop, again } = task
  const held = heldOf(ground, settings)
  const { batch } = settings.training
  const steps = Math.ceil(budget / batch)
  let curve: Measured = { points: task.before.points, own: task.before.own ?? [] }
  for (;;) {
    const stand = await standOf(folder, ground.known)
    const images = stand?.checkpoint?.about.images ?? 0
    if (stand !== null && stand.checkpoint !== null) {
      const end = { settings: stand.settings, checkpoint: stand.checkpoint }
      curve = await measured(folder, curve, end, { ground, held })
      await save(curve)
    }
    const loss = curve.points.at(-1)?.[1]
    if (images >= budget || (goal !== null && loss !== undefined && loss <= goal)) return true
    if (stop.asked()) return false
    const mark = marks.find((one) => one > images) ?? budget
    const until = mark >= budget ? Number.POSITIVE_INFINITY : Math.ceil(mark / batch)
    const options =
      stand === null ? { config: task.file, out: folder, seed: settings.seed, steps } : { resume: folder, steps }
    const watched = stopAfter(until, stop)
    await train(
      { ...options, backend: 'wasm', ...(ground.threads === null ? {} : { threads: ground.threads }) },
      { progress: watched.progress, backends, caller: { stop: watched.stop, again } },
      ground.known,
    )
  }
}

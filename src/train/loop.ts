/**
 * The host's side of training: what to feed at each step, and running the step. It knows no files, clocks or screens;
 * the command line decides when to stop, save and look.
 *
 * A step is a function of (state, step, images seen): nothing else is remembered between steps, so a run that stops and
 * goes on is the run that never stopped.
 */
import type { LossName } from '../diffusion/loss.ts'
import type { Executable, Named, Numbers } from '../plan/backend.ts'
import { fold, type Key } from '../random/key.ts'
import { type NoisedImage, type Noising, noised, stepFeeds } from './batch.ts'
import { type Ema, emaDecay, emaScalars } from './ema.ts'
import { type AdamW, adamwScalars, fed, hold, learningRate, type Warmup } from './optimiser.ts'
import { type StateName, stateNames } from './step.ts'

/** The image at a position of the endless stream that a run sees, as data rooms shuffle it. */
export type Examples = (position: number) => { readonly image: Float32Array; readonly label: number | null }

export interface Rules {
  readonly loss: LossName
  /** Images before an update, in equal parts of `part`. */
  readonly batch: number
  readonly part: number
  readonly classes: number | null
  readonly noising: Noising
  readonly adamw: AdamW
  readonly learningRate: Warmup
  readonly ema: Ema
}

/** How far a run is: updates done, images seen. */
export interface Position {
  readonly step: number
  readonly images: number
}

export interface Result {
  readonly loss: number
  /** Before clipping. */
  readonly gradientNorm: number
  readonly learningRate: number
}

export type State = Readonly<Record<StateName, Numbers>>

export interface Trainer {
  /** The update that leads away from a position. */
  readonly step: (at: Position) => Promise<Result>
  readonly load: (state: State) => Promise<void>
  readonly state: () => Promise<State>
}

/** The image at a position with its noise. */
export const noisedAt =
  (noising: Noising, key: Key, examples: Examples) =>
  (position: number): NoisedImage =>
    noised(noising)(fold(key, position), examples(position))

/** The feeds of the part of a batch that begins at a position of the stream. */
const partAt = (rules: Rules, key: Key, examples: Examples) => {
  const shown = noisedAt(rules.noising, key, examples)
  return (position: number): Named =>
    stepFeeds(
      Array.from({ length: rules.part }, (_, i) => shown(position + i)),
      { sigmaData: rules.noising.sigmaData, classes: rules.classes, whole: rules.batch },
    )
}

/** The numbers of an update: of its last part, and of the parts before, which are the same but for `hold`'s. */
export const numbersOf = (rules: Pick<Rules, 'adamw'>, rate: number, decay: number, update: number) => ({
  update: fed({ ...adamwScalars(rules.adamw, rate, update), ...emaScalars(decay) }),
  hold: fed({ ...hold(rules.adamw), ...emaScalars(1) }),
})

export const trainer = (executable: Executable, rules: Rules, key: Key, examples: Examples): Trainer => {
  const gathers = rules.part !== rules.batch
  const make = partAt(rules, key, examples)
  // the next part, of this batch or the next, is made while the backend computes: never more than two are held
  let ahead: { readonly position: number; readonly part: Named } | null = null
  const take = (position: number): Named => (ahead?.position === position ? ahead.part : make(position))

  const step = async (at: Position): Promise<Result> => {
    const next = { step: at.step + 1, images: at.images + rules.batch }
    const rate = learningRate(rules.learningRate)(next.images)
    const numbers = numbersOf(rules, rate, emaDecay(rules.ema)(next.images, rules.batch), next.step)
    let outputs: Named = {}
    for (let position = at.images; position < next.images; position += rules.part) {
      const following = position + rules.part
      const running = executable.run({
        ...take(position),
        ...(following === next.images ? numbers.update : numbers.hold),
        ...(gathers ? fed({ kept: position === at.images ? 0 : 1 }) : {}),
      })
      ahead = { position: following, part: make(following) }
      outputs = await running
    }
    return {
      loss: outputs.loss?.[0] ?? Number.NaN,
      gradientNorm: outputs.gradientNorm?.[0] ?? Number.NaN,
      learningRate: rate,
    }
  }

  return {
    step,
    load: (state) => executable.write(state),
    state: async () => {
      const values = await executable.read(stateNames)
      const of = (name: StateName): Numbers => values[name] ?? new Float64Array()
      return { theta: of('theta'), first: of('first'), second: of('second'), average: of('average') }
    },
  }
}

/** Where training starts. */
export const freshState = (theta: Float64Array): State => ({
  theta,
  first: new Float64Array(theta.length),
  second: new Float64Array(theta.length),
  average: theta,
})

/**
 * The host's side of training: computing the feeds of each step, and running it. It uses no files, clocks or terminals;
 * the command line decides when to stop, save and validate.
 *
 * A step is a function of (state, step, images seen): nothing else is remembered between steps, so a run that stops and
 * resumes equals one that never stopped.
 */
import { stepFeeds } from '../diffusion/batch.ts'
import type { LossName } from '../diffusion/losses.ts'
import { type NoisedImage, type Noising, noised } from '../diffusion/noised.ts'
import type { Process } from '../diffusion/process.ts'
import type { Executable, Named, Numbers } from '../plan/backend.ts'
import { fold, type Key } from '../random/key.ts'
import { type Ema, emaDecay, emaScalars } from './ema.ts'
import { type AdamW, adamwScalars, fed, hold, learningRate, type Warmup } from './optimiser.ts'
import { type StateName, stateNames } from './step.ts'

/** The image at a position of the endless training stream. */
export type Examples = (position: number) => { readonly image: Float32Array; readonly label: number | null }

export interface Rules {
  readonly loss: LossName
  /** Images per update, split into equal micro-batches of `microBatch`. */
  readonly batch: number
  readonly microBatch: number
  readonly classes: number | null
  readonly process: Process
  readonly noising: Noising
  readonly adamw: AdamW
  readonly learningRate: Warmup
  readonly ema: Ema
}

/** Progress of a run: updates done, images seen. */
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
  /** The update that follows a position. */
  readonly step: (at: Position) => Promise<Result>
  readonly load: (state: State) => Promise<void>
  readonly state: () => Promise<State>
}

/** The image at a position with its noise. */
export const noisedAt =
  (noising: Noising, key: Key, examples: Examples) =>
  (position: number): NoisedImage =>
    noised(noising)(fold(key, position), examples(position))

/** The feeds of the micro-batch that begins at a position of the stream. */
const microBatchAt = (rules: Rules, key: Key, examples: Examples) => {
  const shown = noisedAt(rules.noising, key, examples)
  return (position: number): Named =>
    stepFeeds(
      Array.from({ length: rules.microBatch }, (_, i) => shown(position + i)),
      { process: rules.process, classes: rules.classes, whole: rules.batch },
    )
}

/** The scalars of an update: of its last micro-batch, and of the earlier ones, which differ only in `hold`'s. */
export const numbersOf = (rules: Pick<Rules, 'adamw'>, rate: number, decay: number, update: number) => ({
  update: fed({ ...adamwScalars(rules.adamw, rate, update), ...emaScalars(decay) }),
  hold: fed({ ...hold(rules.adamw), ...emaScalars(1) }),
})

export const trainer = (executable: Executable, rules: Rules, key: Key, examples: Examples): Trainer => {
  const accumulates = rules.microBatch !== rules.batch
  const make = microBatchAt(rules, key, examples)
  // the next micro-batch is prepared while the backend computes: at most two are held
  let ahead: { readonly position: number; readonly feeds: Named } | null = null
  const take = (position: number): Named => (ahead?.position === position ? ahead.feeds : make(position))

  const step = async (at: Position): Promise<Result> => {
    const next = { step: at.step + 1, images: at.images + rules.batch }
    const rate = learningRate(rules.learningRate)(next.images)
    const numbers = numbersOf(rules, rate, emaDecay(rules.ema)(next.images, rules.batch), next.step)
    let outputs: Named = {}
    for (let position = at.images; position < next.images; position += rules.microBatch) {
      const following = position + rules.microBatch
      const running = executable.run({
        ...take(position),
        ...(following === next.images ? numbers.update : numbers.hold),
        ...(accumulates ? fed({ kept: position === at.images ? 0 : 1 }) : {}),
      })
      ahead = { position: following, feeds: make(following) }
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

/** The initial state. */
export const freshState = (theta: Float64Array): State => ({
  theta,
  first: new Float64Array(theta.length),
  second: new Float64Array(theta.length),
  average: theta,
})

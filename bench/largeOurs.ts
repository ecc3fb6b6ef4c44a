/** Our side of the large workload: the models with their initial parameters, written one by one, and what they compute. */
import { wasm } from '../backends/wasm/index.ts'
import { constantGuidance } from '../src/diffusion/guidance/constantGuidance.ts'
import { oneHot } from '../src/diffusion/labels.ts'
import { discrete } from '../src/diffusion/process/discrete.ts'
import { defaultProcessSettings } from '../src/diffusion/process/process.ts'
import { sample } from '../src/diffusion/sample.ts'
import { dpmpp2m } from '../src/diffusion/sampler/dpmpp2m.ts'
import { trailing } from '../src/diffusion/schedule/trailing.ts'
import { forwardByName } from '../src/diffusion/task.ts'
import { times } from '../src/diffusion/times.ts'
import { planOf } from '../src/lower/compile.ts'
import type { KLConfig } from '../src/models/kl/klConfig.ts'
import { klModel } from '../src/models/kl/klModel.ts'
import { latent } from '../src/models/latent/latent.ts'
import type { LatentConfig } from '../src/models/latent/latentConfig.ts'
import { initialOf, leavesOf, parameterInputs, type Spec } from '../src/nn/spec.ts'
import type { Executable, Named } from '../src/plan/backend.ts'
import { flopsOf } from '../src/plan/cost.ts'
import type { Plan } from '../src/plan/plan.ts'
import type { Tensors } from '../src/plan/program.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { input } from '../src/tensor/leaf.ts'
import type { Facts } from './harness.ts'

/** A computation, compiled, with its parameters. */
export interface Prepared {
  readonly once: () => Promise<unknown>
  readonly facts: Facts
  readonly stop: () => Promise<void>
}

/** A computation to compile: its plan, the parameters that this needs, and what is done with it. */
export interface Large {
  readonly plan: () => Plan
  /** 10^9 floating-point operations of the products of `once`. */
  readonly gflop: () => number
  readonly prepare: (threads: number) => Promise<Prepared>
}

const draw = (seed: number, n: number): Float64Array => normal(fold(key(0), seed), n)

/** Compiles a plan and writes its parameters one by one: none of them is held twice for long. */
const prepared = async (plan: Plan, spec: Spec, threads: number): Promise<[Executable, Facts]> => {
  const began = performance.now()
  const executable = await wasm.compile(plan, { threads })
  const compiled = performance.now()
  const used = new Set(plan.inputs.map(({ name }) => name))
  const initial = initialOf(key(1))
  for (const leaf of leavesOf(spec)) if (used.has(leaf.name)) await executable.write({ [leaf.name]: initial(leaf) })
  const facts: Facts = {
    parameters: leavesOf(spec).reduce((sum, { name, size }) => sum + (used.has(name) ? size : 0), 0),
    startup_ms: Math.round(compiled - began),
    arena_mib: Math.round(executable.bytes / 2 ** 20),
    remark: `parameters drawn in ${((performance.now() - compiled) / 1e3).toFixed(1)} s`,
  }
  return [executable, facts]
}

/** A program without state, once. */
const runs = (outputs: () => Tensors, spec: Spec, feeds: Named): Large => {
  const plan = (): Plan => planOf({ outputs: outputs() })
  return {
    plan,
    gflop: () => flopsOf(plan()) / 1e9,
    prepare: async (threads) => {
      const [executable, facts] = await prepared(plan(), spec, threads)
      return { once: () => executable.run(feeds), facts, stop: executable.dispose }
    },
  }
}

/** Discrete diffusion by linear betas, as the latent model is trained. */
const process = discrete(defaultProcessSettings)

/** The network of a configuration on so many latents. */
export const forwardPass = (config: LatentConfig, batch: number): Large => {
  const model = latent.of(config)
  const labels = Array.from({ length: batch }, (_, i) => i % config.classes)
  return runs(() => forwardByName(model, { ...model.shape, batch }).outputs ?? {}, model.spec, {
    input: draw(0, batch * config.input_size ** 2 * config.channels),
    time: times(
      process,
      labels.map(() => 1),
    ),
    ...oneHot(labels, config.classes),
  })
}

/** The noise levels of so many steps, with the times that the network is told. */
export const levelsOf = (steps: number): { readonly levels: readonly number[]; readonly times: readonly number[] } => {
  const levels = trailing.levels(steps, process.range)
  return { levels, times: levels.slice(0, -1).map(process.time) }
}

/** The scale of guidance: at any but 1 every step evaluates a latent with its label and without. */
export const guidance = 4

/** One latent by DPM-Solver++(2M), guided: a batch of two a step. */
export const guidedSampling = (config: LatentConfig, steps: number): Large => {
  const model = latent.of(config)
  const batch = 2
  const plan = (): Plan => planOf(forwardByName(model, { ...model.shape, batch }))
  return {
    plan,
    gflop: () => (steps * flopsOf(plan())) / 1e9,
    prepare: async (threads) => {
      const [executable, facts] = await prepared(plan(), model.spec, threads)
      const network = { ...model.shape, executable, batch, process }
      const { levels } = levelsOf(steps)
      const draws = sample(network, { sampler: dpmpp2m(), levels, guidance, guidanceSchedule: constantGuidance })
      return { once: () => draws(key(2), [{ label: 1, index: 0 }]), facts, stop: executable.dispose }
    },
  }
}

/** The decoder of an autoencoder: one image's latents to its pixels. */
export const decodePass = (config: KLConfig): Large => {
  const { spec, apply } = klModel(config)
  const side = config.image_size / 2 ** (config.widths.length - 1)
  const shape = [1, side, side, config.latent_channels]
  return runs(() => ({ image: apply(parameterInputs(spec)).decode(input('latents', shape)) }), spec, {
    latents: draw(0, side * side * config.latent_channels),
  })
}

/** Training steps of whole models, compared with the same steps in other libraries. */
import * as E from 'fp-ts/lib/Either.js'
import { wasm } from '../backends/wasm/index.ts'
import { configs, tiny } from './configs.ts'
import { deviceContestants, deviceKernels, isIdle } from './deviceStep.ts'
import { ours } from './line.ts'
import { type Trainable, trainableOf } from './model.ts'
import { profiled } from './profile.ts'
import { residentMib } from './resident.ts'
import { gflopOf, stepContestant } from './trainingStep.ts'
import { type Context, compare, emitLimits, type Workload } from './workload.ts'

export const imagesPerStep = 16

/** One configuration, ours on each number of threads; `resident`: with our peak memory, measured in another process. */
export const timeStep = async (context: Context, { workload, config, model, resident }: TimedStep): Promise<void> => {
  const { batch } = model.shapes
  const name = `batch ${batch}`
  if (!name.includes(context.only)) return
  const most = Math.max(...context.threads)
  // a device that computes nothing is compared with nothing
  const idle = isIdle(context.backend)
  const peak = resident && !idle ? await residentMib(config, batch, most) : null
  await compare(
    context,
    {
      workload,
      name,
      work: idle ? {} : { gflop: gflopOf(model) },
      contestants: [
        ...(idle
          ? []
          : context.threads.map((n) =>
              stepContestant(model, n, n === most && peak !== null ? { resident_mib: peak } : {}),
            )),
        ...deviceContestants(context.backend, model),
        ...(idle ? [] : context.peers.trainingStep(config, batch)),
      ],
    },
    { rounds: 5, steps: 2, warmup: 1 },
  )
  const steps = context.smoke ? 1 : undefined
  const table = (lines: readonly string[]): void => {
    if (context.profile) for (const line of ['', ...lines, '']) context.say(line)
  }
  if (context.profile && !idle) table((await profiled(model, wasm, most, steps)).table)
  if (context.backend !== 'webgpu') return
  const kernels = await deviceKernels(model, steps)
  if (E.isLeft(kernels)) return context.say(`  ${kernels.left}`)
  for (const line of kernels.right.kernels) context.emit({ ...line, workload, case: name, by: `${ours} webgpu` })
  table(kernels.right.table)
}

interface TimedStep {
  readonly workload: string
  readonly config: unknown
  readonly model: Trainable
  readonly resident: boolean
}

const named = (name: keyof typeof configs, kind: keyof typeof tiny, about: string): Workload => ({
  about,
  run: async (context) => {
    const [config, batch] = context.smoke ? [tiny[kind], 2] : [configs[name], imagesPerStep]
    const model = trainableOf(config, batch)
    if (E.isLeft(model)) {
      context.say(`  ${name} is left out: ${model.left}`)
      return
    }
    if (!isIdle(context.backend)) await emitLimits(context, name)
    await timeStep(context, { workload: name, config, model: model.right, resident: !context.smoke })
  },
})

export const imageS = named('image-s', 'image', 'training step of image-s, 16 images')
export const latentS = named('latent-s', 'latent', 'training step of latent-s, 16 latents')
export const emoji32 = named('emoji32', 'image', 'training step of the preset emoji32, 16 images')

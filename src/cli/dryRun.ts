/** A description of a run without training: parameters, FLOPs, memory, and every region of the training plan. */
import { backends } from '../../backends/index.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { count, flatSize } from '../nn/spec.ts'
import { flops, flopsOf } from '../plan/cost.ts'
import { mebibytes, needOf, together } from './memory.ts'
import { networkPlan, trainingPlan, updateFlops } from './plans.ts'
import type { Settings } from './settings/settings.ts'

const giga = (n: number): string => `${(n / 1e9).toFixed(3)} GFLOP`

export const dryRun = (model: ConfiguredModel, settings: Settings): readonly string[] => {
  const { training } = settings
  const { spec, config } = model
  const plan = trainingPlan(model, settings)
  const { memory } = backends[settings.backend]
  const step = needOf(plan, memory)
  const all = together(step, needOf(networkPlan(model, training.micro_batch), memory))
  const parts = training.batch / training.micro_batch
  const regions = plan.regions.map((r, i) => {
    const work = r.kernels.reduce((sum, k) => sum + flops(k), 0)
    const kernels = r.kernels.map((k) => k.name)
    const names = kernels.length > 1 ? `: ${kernels.join(', ')}` : ''
    return `  ${String(i).padStart(4)}  ${r.name}${names}  ${r.extent} rows${work === 0 ? '' : `  ${(work / 1e6).toFixed(1)} MFLOP`}`
  })
  return [
    `preset        ${settings.preset}: ${JSON.stringify(config)}`,
    `backend       ${settings.backend}`,
    `parameters    ${count(spec).toLocaleString('en')} (${flatSize(spec).toLocaleString('en')} with padding)`,
    `forward pass  ${giga(flopsOf(networkPlan(model, 1)))} per image`,
    `training step ${giga(updateFlops(plan, settings))} for a batch of ${training.batch}${parts === 1 ? '' : ` in ${parts} micro-batches of ${training.micro_batch}`}`,
    `memory        about ${mebibytes(step.backend)} on ${settings.backend} for the training step; with validation, ${mebibytes(all.backend)} and ${mebibytes(all.host)} on the host`,
    `plan          ${plan.regions.length} regions, ${plan.buffers.length} buffers`,
    ...regions,
  ]
}

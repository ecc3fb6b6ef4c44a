/** A plan as text: its buffers and, region by region, its kernels with their loops. */
import { flops } from './cost.ts'
import { formula, sizes } from './formula.ts'
import type { Kernel } from './kernel.ts'
import type { Plan } from './plan.ts'

export const printKernel = (k: Kernel, plan: Plan): string => {
  const buffer = (b: number): string => plan.buffers[b]?.name ?? `buffer ${b}`
  if (k.kind === 'contract') {
    const axes = k.axes.map((x) => `${x.role}${x.size}(${x.a},${x.b},${x.c})`).join(' ')
    return `${buffer(k.c.buffer)} = ${buffer(k.a.buffer)} . ${buffer(k.b.buffer)}  ${axes}  ${(flops(k) / 1e6).toFixed(1)} Mflop`
  }
  return `${buffer(k.store.buffer)} = ${formula(k, buffer)}  for ${sizes(k.outer)} | ${sizes(k.kept)}`
}

/** A plan as text: inputs, outputs and state, then every region with its kernels, one line each. */
export const print = (plan: Plan): string => {
  const slots = (list: readonly { readonly name: string; readonly shape: readonly number[] }[]): string =>
    list.map((p) => `${p.name} [${p.shape.join(', ')}]`).join(', ')
  const heads = [`inputs: ${slots(plan.inputs)}`, `outputs: ${slots(plan.outputs)}`, `state: ${plan.state.join(', ')}`]
  const regions = plan.regions.flatMap((r, i) => [
    `region ${i}: ${r.name}, ${r.extent} rows`,
    ...r.kernels.map((k) => `  ${printKernel(k, plan)}`),
  ])
  return [...heads, ...regions].join('\n')
}

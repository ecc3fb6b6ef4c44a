/**
 * How step time scales with FLOPs: steps of eight configurations of different widths, depths and batch sizes, and the line
 * through the origin that fits them best. A full run draws docs/images/scaling.png.
 */
import { writeFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { configs, tiny } from './configs.ts'
import { alternate } from './harness.ts'
import { type Fit, figure } from './line.ts'
import { trainableOf } from './model.ts'
import { drawScaling, type Measured } from './scalingPlot.ts'
import { gflopOf, stepContestant } from './trainingStep.ts'
import type { Context, Workload } from './workload.ts'

interface Sized {
  readonly name: string
  readonly config: unknown
  readonly batch: number
}

const image = configs['image-s']
const latent = configs['latent-s']
const sizes: readonly Sized[] = [
  { name: 'emoji32', config: configs.emoji32, batch: 16 },
  { name: 'emoji32', config: configs.emoji32, batch: 32 },
  { name: 'image-s', config: image, batch: 4 },
  { name: 'image-s', config: image, batch: 16 },
  { name: 'image-s, depth 1', config: { ...image, depths: [1, 1, 1] }, batch: 16 },
  { name: 'image-s, 96 wide', config: { ...image, widths: [96, 128, 192] }, batch: 8 },
  { name: 'latent-s', config: latent, batch: 16 },
  { name: 'latent-s, 384 wide', config: { ...latent, width: 384 }, batch: 16 },
]
const smokeSizes: readonly Sized[] = [{ name: 'tiny', config: tiny.image, batch: 2 }]

/** t = s g, where s = sum(g t) / sum(g g) is the least-squares solution. */
export const fitThroughOrigin = (
  points: readonly (readonly [gflop: number, ms: number])[],
): Omit<Fit, 'kind' | 'workload'> => {
  const slope = points.reduce((sum, [g, t]) => sum + g * t, 0) / points.reduce((sum, [g]) => sum + g * g, 0)
  const deviations = points.map(([g, t]) => Math.abs(t - slope * g) / (slope * g))
  return { slope_ms_per_gflop: slope, worst_deviation: Math.max(...deviations) }
}

const picture = new URL('../docs/images/scaling.png', import.meta.url)

const run = async (context: Context): Promise<void> => {
  const threads = Math.max(...context.threads)
  const rounds = context.smoke ? { rounds: 1, steps: 1, warmup: 0 } : { rounds: 2, steps: 5, warmup: 2 }
  const measured: Measured[] = []
  for (const { name, config, batch } of context.smoke ? smokeSizes : sizes) {
    const of = { workload: 'scaling', case: `${name}, batch ${batch}` }
    if (!of.case.includes(context.only)) continue
    const model = trainableOf(config, batch)
    if (E.isLeft(model)) {
      context.say(`  ${name} is left out: ${model.left}`)
      continue
    }
    const gflop = gflopOf(model.right)
    const [result] = await alternate([stepContestant(model.right, threads)], rounds, () => undefined)
    if (result === undefined) continue
    const line = figure(of, { gflop }, result)
    context.emit(line)
    const kind = model.right.config.model === 'latent' ? 'latent' : 'image'
    measured.push({ name: line.case, model: kind, gflop, ms: line.step_ms_median })
  }
  if (measured.length === 0) return
  const fit = fitThroughOrigin(measured.map(({ gflop, ms }) => [gflop, ms]))
  context.emit({ kind: 'fit', workload: 'scaling', ...fit })
  if (context.smoke || context.only !== '') return
  const png = await drawScaling(measured, fit.slope_ms_per_gflop, threads)()
  if (E.isLeft(png)) context.say(`  ${png.left}`)
  else writeFileSync(picture, png.right)
}

export const scaling: Workload = { about: 'time of a step against its GFLOP, with a plot', run }

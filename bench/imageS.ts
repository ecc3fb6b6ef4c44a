/**
 * The training step of image-s (forward, backward, clipping, AdamW, EMA; batch 16, float32) beside PyTorch's best in
 * the same run. The ratio is of medians; the two take turns, so that a noisy minute hits both.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { wasm } from '../backends/wasm/index.ts'
import { presets } from '../src/diffit/config.ts'
import { imageModel } from '../src/diffit/image.ts'
import type { Named } from '../src/lower/backend.ts'
import { planOf } from '../src/lower/compile.ts'
import { flopsOf } from '../src/lower/print.ts'
import { frequencies } from '../src/nn/embedding.ts'
import { flatSize } from '../src/nn/spec.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { size } from '../src/tensor/shape.ts'
import { emaScalars } from '../src/train/ema.ts'
import { adamwScalars, fed } from '../src/train/optimiser.ts'
import { trainingStep } from '../src/train/step.ts'
import { median, spread } from './harness.ts'
import { type TorchTime, torchStep, torchVersion } from './peers/torch.ts'

const batch = 16
const config = presets['image-s']
const threads = 2

/** Steps of ours, in milliseconds; the first, which warms up, is not counted. */
const ours = async (
  on: number,
  steps: number,
): Promise<{ times: readonly number[]; startup: number; megabytes: number; gflop: number }> => {
  const model = imageModel(config)
  const start = performance.now()
  const shapes = { batch, size: config.image_size, channels: config.channels, classes: config.classes }
  const plan = planOf(trainingStep(model, { ...shapes, loss: 'mse', gathers: false }))
  const executable = await wasm.compile(plan, { threads: on })
  const startup = performance.now() - start
  const draw = (n: number, i: number, by: number): Float64Array => normal(fold(key(0), i), n).map((x) => x * by)
  const state = flatSize(model.spec)
  const given: Record<string, Float64Array> = {
    theta: draw(state, 0, 0.05),
    first: new Float64Array(state),
    second: new Float64Array(state),
    average: new Float64Array(state),
    weight: new Float64Array(batch).fill(1 / batch),
    time: draw(batch * frequencies, 1, 0.7),
    ...fed(adamwScalars({ beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, clip: 1 }, 1e-4, 1)),
    ...fed(emaScalars(0.999)),
  }
  for (const [i, port] of plan.inputs.entries()) given[port.name] ??= draw(size(port.shape), i + 2, 1)
  await executable.write(given)
  const batchFeeds: Named = Object.fromEntries(
    ['input', 'time', 'target', 'labels'].flatMap((name) => {
      const values = given[name]
      return values === undefined ? [] : [[name, Float32Array.from(values)]]
    }),
  )
  const times: number[] = []
  for (let i = 0; i <= steps; i++) {
    const from = performance.now()
    const { loss } = await executable.run(batchFeeds)
    times.push(performance.now() - from)
    if (!Number.isFinite(loss?.[0])) throw new Error(`the loss of step ${i} is ${loss?.[0]}`)
  }
  const megabytes = executable.bytes / 2 ** 20
  await executable.dispose()
  return { times: times.slice(1), startup, megabytes, gflop: flopsOf(plan) / 1e9 }
}

const torchTimes = (steps: number): readonly TorchTime[] => {
  const file = join(mkdtempSync(join(tmpdir(), 'diffit-bench-')), 'image-s.json')
  const { image_size, widths, depths, window, heads, time_width, classes } = config
  writeFileSync(
    file,
    JSON.stringify({ model: 'image', image_size, widths, depths, window, heads, time_width, classes }),
  )
  return [1, 2].flatMap((n) =>
    [false, true].flatMap((last) => {
      const time = torchStep(file, batch, steps, n, last)
      if (E.isLeft(time)) console.log(`  PyTorch, ${n} threads: ${time.left}`)
      return E.isLeft(time) ? [] : [time.right]
    }),
  )
}

export const imageS = async (smoke: boolean): Promise<void> => {
  const steps = smoke ? 2 : 10
  console.log('image-s: one training step of 16 images, milliseconds')
  const before = await ours(threads, steps)
  const one = smoke ? null : await ours(1, 5)
  const version = torchVersion()
  const torch = smoke || E.isLeft(version) ? [] : torchTimes(7)
  const after = smoke ? null : await ours(threads, steps)
  const all = [...before.times, ...(after?.times ?? [])]
  const mine = median(all)
  console.log(`  wasm, ${threads} threads     ${spread(all)}   ${((before.gflop / mine) * 1e3).toFixed(0)} GFLOPS`)
  if (one !== null)
    console.log(`  wasm, 1 thread      ${spread(one.times)}   scaling ${(median(one.times) / mine).toFixed(2)}`)
  console.log(
    `  start-up (plan and compile) ${before.startup.toFixed(0)} ms, memory ${before.megabytes.toFixed(0)} MiB`,
  )
  if (E.isLeft(version)) console.log(`  no PyTorch to compare with: ${version.left}`)
  else if (smoke) console.log('  PyTorch is not timed in a smoke run')
  else {
    console.log(`  ${version.right}`)
    for (const x of torch)
      console.log(
        `  PyTorch, ${x.threads} thread${x.threads === 1 ? ' ' : 's'}${x.channelsLast ? ', channels last' : ''}   least ${x.step_ms_min.toFixed(0)}, median ${x.step_ms_median.toFixed(0)}`,
      )
    const best = Math.min(...torch.map((x) => x.step_ms_median))
    const least = Math.min(...torch.map((x) => x.step_ms_min))
    console.log(
      `  PyTorch's best median / wasm's median: ${(best / mine).toFixed(2)}; least / least: ${(least / Math.min(...all)).toFixed(2)}`,
    )
  }
}

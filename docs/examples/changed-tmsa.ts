/**
 * A DiffiT whose time-dependent attention (TMSA) is changed: queries and keys are layer-normed. At random seeds its gradient
 * is held to central differences, for every parameter and input; then a network of it learns to denoise stripes.
 *
 *   npm install fast-check && node changed-tmsa.ts [SEEDS] [UPDATES]
 */
import { add, expandDims, key, type Tensor } from 'diffit'
import { backends } from 'diffit/backends'
import { gradientHolds } from 'diffit/check'
import { denoisingTask, edm, edmNoise, lognormal, mse, noisedBatches } from 'diffit/diffusion'
import { type Tmsa, tmsaSpec } from 'diffit/models'
import * as nn from 'diffit/nn'
import { adamw, train } from 'diffit/train'
import fc from 'fast-check'

const [seeds = '20', updates = '300'] = process.argv.slice(2)
const [width, heads] = [8, 2]

/** Tokens xs [b, g, n, c] in g windows, time tokens xt [b, ct] -> [b, g, n, c]. */
const changedTmsa = (p: Tmsa, xs: Tensor, xt: Tensor): Tensor => {
  const time = expandDims([1, 2])(nn.linear(p.qkv_temb)(xt))
  const [q, k, v] = nn.splitHeads(heads)(add(nn.linear(p.qkv)(xs), time))
  const bias = nn.relativeBias(p.relative_position_bias_table)
  return add(nn.projectHeads(p.proj.weight)(nn.attention(nn.layerNorm(q), nn.layerNorm(k), v, bias)), p.proj.bias)
}

const small = tmsaSpec({ width, heads, window: 2, time_width: 3 })
const holds = (seed: number): Promise<void> => {
  const p = nn.numbered(small)(nn.arbitrary(small)(key(seed)))
  const layer = (at: { p: Tmsa; xs: Tensor; xt: Tensor }) => changedTmsa(at.p, at.xs, at.xt)
  return gradientHolds(backends.cpu)(layer, { p, xs: [1, 2, 4, width], xt: [1, 3] })(seed)
}
await fc.assert(fc.asyncProperty(fc.integer(), holds), { numRuns: Number(seeds) })
console.log(`the gradient holds at ${seeds} seeds`)

const spec = {
  first: nn.convSpec(3, 1, width),
  attn: tmsaSpec({ width, heads, window: 4, time_width: nn.frequencies }),
  last: nn.convSpec(3, width, 1),
}
const apply = (p: nn.Params<typeof spec>) => (x: Tensor, time: Tensor) => {
  const image = nn.conv({ stride: 1 })(p.first)(x)
  const tokens = changedTmsa(p.attn, nn.layerNorm(nn.toWindows(4)(image)), time)
  return nn.conv({ stride: 1 })(p.last)(nn.addWindows(4)(tokens, image))
}
const shapes = { batch: 16, size: 8, channels: 1, classes: null }
const task = denoisingTask({ spec, apply }, { ...shapes, loss: mse, optimiser: adamw({ learningRate: 3e-3 }) })
const run = await train(backends.wasm)({ ...task, key: key(1) })
const stripes = (position: number) => ({
  image: Float64Array.from({ length: 64 }, (_, i) => ((position + i) % 2 === 0 ? 1 : -1)),
  label: null,
})
const noising = { distribution: lognormal(edmNoise), labelDropout: 0 }
const batches = noisedBatches(noising, key(2), stripes, { batch: 16, process: edm(0.5), classes: null })
let sum = 0
for await (const { step, loss } of run.steps(batches, { updates: Number(updates) })) {
  sum = step % 50 === 1 ? loss : sum + loss
  if (step % 50 === 0) console.log(`steps to ${step}: mean loss ${(sum / 50).toFixed(3)}`)
}
await run.dispose()

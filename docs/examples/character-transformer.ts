/**
 * A character transformer: learns the next character of a text (this file, unless another is given), then writes on.
 *   node character-transformer.ts [UPDATES] [TEXT FILE]
 */
import { readFileSync } from 'node:fs'
import { add, argmax, compile, crossEntropy, foldIn, key, mean, type Tensor, take, uniform } from 'diffit'
import { backends } from 'diffit/backends'
import * as nn from 'diffit/nn'
import { adamw, inference, train } from 'diffit/train'

const [updates = '3000', file = import.meta.filename] = process.argv.slice(2)
const text = [...readFileSync(file, 'utf8')]
const letters = [...new Set(text)]
const codes = text.map((letter) => letters.indexOf(letter))
const [batch, n, width, heads, hidden] = [16, 32, 32, 4, 128]
const norm = nn.layerNormSpec(width)
const block = { norm1: norm, attn: nn.multiHeadAttentionSpec({ width }), norm2: norm, mlp: nn.mlpSpec(width, hidden) }
const ends = { letters: nn.embeddingSpec(letters.length, width), out: nn.linearSpec(width, letters.length) }
const spec = { ...ends, positions: nn.embeddingSpec(n, width), blocks: [block, block], norm }

/** Characters [b, n] -> scores of the character after each, [b, n, letters], which sees no later ones. */
const net = (p: nn.Params<typeof spec>, x: Tensor): Tensor => {
  const [layerNorm, attention] = [nn.affineLayerNorm({ eps: 1e-5 }), nn.multiHeadAttention({ heads })]
  let y = add(nn.embedding(p.letters)(x), p.positions.weight)
  for (const { norm1, attn, norm2, mlp } of p.blocks) {
    y = add(y, attention(attn)(layerNorm(norm1)(y), { bias: nn.causalMask(n) }))
    y = add(y, nn.mlp(mlp)(layerNorm(norm2)(y)))
  }
  return nn.linear(p.out)(layerNorm(p.norm)(y))
}

const characters = (b: number) => ({ shape: [b, n], below: letters.length })
const run = await train(backends.wasm)({
  spec,
  key: key(1),
  optimiser: adamw({ learningRate: 3e-3 }),
  batch: { x: characters(batch), next: characters(batch) },
  loss: (p, { x, next }) => mean(crossEntropy(net(p, x), next)),
})
const batches = (seen: number) => {
  const starts = Array.from(uniform(foldIn(key(2), seen), batch), (u) => Math.floor(u * (codes.length - n)))
  const after = (shift: number) => starts.map((start) => codes.slice(start + shift, start + shift + n))
  return { x: after(0), next: after(1) }
}
for await (const { step, loss } of run.steps(batches, { updates: Number(updates) }))
  if (step % 100 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`)
// the largest score with Gumbel noise, -log(-log u), is a draw from the softmax
const writer = await compile(backends.wasm)(
  inference(spec, { x: characters(1), noise: [letters.length] }, (p, { x, noise }) => ({
    scalars: { next: argmax(add(take(1, n - 1, n)(net(p, x)), noise)) },
  })),
)
const theta = await run.parameters()
const written = codes.slice(0, n)
for (let i = 0; i < 300; i++) {
  const noise = uniform(foldIn(key(3), i), letters.length).map((u) => -Math.log(-Math.log(u)))
  written.push((await writer.run({ theta, x: [written.slice(-n)], noise })).next)
}
console.log(written.map((code) => letters[code]).join(''))
await Promise.all([writer.dispose(), run.dispose()])

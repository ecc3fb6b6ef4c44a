/** The layers beside PyTorch's, in values and gradients; `spec/fixtures/layers.py` makes what they are held to. */
import * as io from 'io-ts'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { fewRoundings } from '../../properties/agreement/agree.ts'
import * as nn from '../../src/nn/index.ts'
import { array, relu, type Tensor } from '../../src/tensor/ops.ts'
import { cases as casesOf, fixture, outcomes } from '../fixtures/pytorch.ts'

const { cases } = fixture('layers.json.gz', io.strict({ cases: casesOf }))

/** The first input, then the others as they stand. */
type Layer = (x: Tensor, p: readonly Tensor[]) => Tensor

const at = (xs: readonly Tensor[], i: number): Tensor => {
  const x = xs[i]
  if (x === undefined) throw new Error(`the case has no input ${i}`)
  return x
}
/** Weight and bias, which is absent where the case has none. */
const affine = (p: readonly Tensor[], from = 0): { readonly weight: Tensor; readonly bias: Tensor | null } => {
  const [weight, bias] = [at(p, from), p[from + 1]]
  return { weight, bias: bias === undefined ? null : bias }
}
const conv =
  (c: nn.ConvConfig): Layer =>
  (x, p) =>
    nn.conv(c)(affine(p))(x)
const pool = { axes: [1, 2], size: [2, 2], stride: [1, 1] }
const around = { axes: [1, 2], size: [3, 3], stride: [1, 1], padding: [1, 1] }
const mlp =
  (activation?: (x: Tensor) => Tensor): Layer =>
  (x, p) =>
    nn.mlp({ fc1: affine(p), fc2: affine(p, 2) }, activation)(x)
/** Four weights, then four biases. */
const multiHead = (p: readonly Tensor[]): nn.MultiHeadAttention => ({
  q: { weight: at(p, 0), bias: at(p, 4) },
  k: { weight: at(p, 1), bias: at(p, 5) },
  v: { weight: at(p, 2), bias: at(p, 6) },
  proj: { weight: at(p, 3), bias: at(p, 7) },
})

const layers: Readonly<Record<string, Layer>> = {
  linear: (x, p) => nn.linear(affine(p))(x),
  'linear without bias': (x, p) => nn.linear(affine(p))(x),
  embedding: (weight) =>
    nn.embedding({ weight })(
      array([
        [2, 0],
        [2, 4],
      ]),
    ),
  layerNorm: nn.layerNorm,
  affineLayerNorm: (x, p) => nn.affineLayerNorm({ eps: 1e-5 })(affine(p))(x),
  'affineLayerNorm without bias': (x, p) => nn.affineLayerNorm({ eps: 1e-5 })(affine(p))(x),
  groupNorm: (x, p) => nn.groupNorm(2)(affine(p))(x),
  'groupNorm without gain and bias': nn.groupNorm(2)(null),
  conv: conv({ stride: 1 }),
  'conv without bias': conv({ stride: 1 }),
  'conv of stride 2': conv({ stride: 2 }),
  'conv of one pixel': conv({ stride: 1 }),
  'conv of an even kernel': conv({ stride: 1 }),
  'conv without padding': conv({ stride: 1, padding: 0 }),
  'conv with padding 2': conv({ stride: 1, padding: 2 }),
  'conv with a padding for each side': conv({
    stride: 1,
    padding: [
      [1, 0],
      [0, 2],
    ],
  }),
  'conv with dilation': conv({ stride: 1, dilation: 2 }),
  'conv in two groups': conv({ stride: 1, groups: 2 }),
  'depthwise conv': conv({ stride: 2, groups: 4 }),
  'conv of a row': conv({ stride: 1 }),
  'conv of a column of stride 2': conv({ stride: 2, padding: 0 }),
  batchNorm: (x, p) =>
    nn.batchNorm({ eps: 1e-3 })({ weight: at(p, 0), bias: at(p, 1), running_mean: at(p, 2), running_var: at(p, 3) })(x),
  avgPool: nn.avgPool(pool),
  'avgPool of what is there': nn.avgPool({ ...around, countPadding: false }),
  maxPool: nn.maxPool(pool),
  'maxPool of stride 2': nn.maxPool({ ...around, stride: [2, 2] }),
  globalAveragePool: nn.globalAveragePool,
  attention: (q, p) => nn.attention(q, at(p, 0), at(p, 1)),
  'attention with bias': (q, p) => nn.attention(q, at(p, 0), at(p, 1), at(p, 2)),
  'causal attention': (q, p) => nn.attention(q, at(p, 0), at(p, 1), nn.causalMask(3)),
  'multiHeadAttention to itself': (x, p) => nn.multiHeadAttention({ heads: 2 })(multiHead(p))(x),
  'causal multiHeadAttention': (x, p) =>
    nn.multiHeadAttention({ heads: 2 })(multiHead(p))(x, { bias: nn.causalMask(3) }),
  'multiHeadAttention to a context': (x, p) =>
    nn.multiHeadAttention({ heads: 2 })(multiHead(p.slice(1)))(x, { context: at(p, 0) }),
  mlp: mlp(),
  'mlp with ReLU': mlp(relu),
  smoothedCrossEntropy: (scores) => nn.smoothedCrossEntropy(0.1)(scores, array([2, 0, 3])),
  'smoothedCrossEntropy without smoothing': (scores) => nn.smoothedCrossEntropy(0)(scores, array([2, 0, 3])),
}

const build = (name: string, xs: readonly Tensor[]): Tensor => {
  const [x, ...p] = xs
  const layer = layers[name]
  if (x !== undefined && layer !== undefined) return layer(x, p)
  throw new Error(`the fixture has a case ${name}, which is not known here`)
}

for (const [backend, tolerance] of [[cpu, 1e-12] as const, [wasm, fewRoundings] as const])
  t.test(`${backend.name}: PyTorch's values and gradients`, async (t) => {
    t.same(cases.map((c) => c.name).toSorted(), Object.keys(layers).toSorted(), 'every layer is in the file')
    for (const { name, shape, expected, distance } of await outcomes(backend, cases, build)) {
      t.same(shape, expected, name)
      t.ok(distance <= tolerance, `${name} is off by ${distance}`)
    }
  })

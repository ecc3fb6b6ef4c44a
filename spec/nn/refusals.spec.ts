/** Layers that are given wrong sizes or settings say so in one sentence, by their own names. */
import t from 'tap'
import * as nn from '../../src/nn/index.ts'
import { key } from '../../src/random/key.ts'
import { array, input, type Tensor } from '../../src/tensor/ops.ts'

const of = (...shape: readonly number[]): Tensor => input('x', shape)
const linear = { weight: of(4, 5), bias: of(5) }
const kernel = { weight: of(3, 3, 2, 4), bias: of(4) }
const square = { weight: of(4, 4), bias: of(4) }
const heads = nn.multiHeadAttention({ heads: 2 })({ q: square, k: square, v: square, proj: square })
const [q, k] = [of(1, 1, 2, 2, 3), of(1, 1, 4, 2, 3)]

const refusals: readonly (readonly [call: () => unknown, sentence: string])[] = [
  [
    () => nn.linear(linear)(of(2, 3)),
    'linear([2, 3]): the last axis of [2, 3] has size 3, the last axis but one of [4, 5] 4: they must be equal',
  ],
  [() => nn.linear({ ...linear, bias: of(4) })(of(2, 4)), 'linear([2, 4]): a bias of 4 channels, expected 5'],
  [
    () => nn.linear({ ...linear, bias: of(1, 5) })(of(2, 4)),
    'linear([2, 4]): expected a bias [c], 1 axis, found [1, 5]',
  ],
  [
    () => nn.mlp({ fc1: linear, fc2: linear })(of(2, 4)),
    'mlp([2, 4]): the last axis of [2, 5] has size 5, the last axis but one of [4, 5] 4: they must be equal',
  ],
  [() => nn.embedding({ weight: of(5, 3) })(array([5])), 'embedding([1]): places below 6 are outside an axis of 5'],
  [
    () => nn.labelEmbedder({ embedding_table: { weight: of(5, 3) } })(of(2, 4)),
    'labelEmbedder([2, 4]): the last axis of [2, 4] has size 4, the last axis but one of [5, 3] 5: they must be equal',
  ],
  [
    () => nn.timeEmbedder({ mlp: { '0': linear, '2': linear } })(of(2, 3)),
    'timeEmbedder([2, 3]): the last axis of [2, 3] has size 3, the last axis but one of [4, 5] 4: they must be equal',
  ],
  [() => nn.layerNorm(of()), 'layerNorm([]): axis -1 is outside a shape of 0 axes'],
  [
    () => nn.affineLayerNorm({ eps: 1e-5 })({ weight: of(3), bias: null })(of(2, 4)),
    'affineLayerNorm([2, 4]): a gain of 3 channels, expected 4',
  ],
  [() => nn.groupNorm(3)(null)(of(1, 2, 2, 4)), 'groupNorm([1, 2, 2, 4]): 3 groups do not divide 4 channels'],
  [
    () => nn.groupNorm(2)({ weight: of(4), bias: of(3) })(of(1, 2, 2, 4)),
    'groupNorm([1, 2, 2, 4]): a bias of 3 channels, expected 4',
  ],
  [() => nn.conv({ stride: 1 })(kernel)(of(1, 4, 4, 3)), 'conv([1, 4, 4, 3]): x has 3 channels but w takes 2'],
  [
    () => nn.conv({ stride: 1, padding: 0 })(kernel)(of(1, 2, 2, 2)),
    'conv([1, 2, 2, 2]): a kernel of [3, 3] taps is larger than the padded image',
  ],
  [
    () => nn.conv({ stride: 1, padding: -1 })(kernel)(of(1, 4, 4, 2)),
    'conv([1, 4, 4, 2]): padding [-1, -1, -1, -1], expected whole numbers of at least 0',
  ],
  [
    () => nn.conv({ stride: 1, groups: 3 })(kernel)(of(1, 4, 4, 6)),
    'conv([1, 4, 4, 6]): 6 channels in and 4 out, expected 3 groups of 2 in and of equal sizes out',
  ],
  [
    () => nn.conv({ stride: 1, groups: 0.5 })(kernel)(of(1, 4, 4, 2)),
    'conv([1, 4, 4, 2]): 0.5 groups, expected a whole number of at least 1',
  ],
  [
    () => nn.upsampleConv({ ...kernel, bias: of(3) })(of(1, 2, 2, 2)),
    'upsampleConv([1, 2, 2, 2]): a bias of 3 channels, expected 4',
  ],
  [
    () => nn.splitHeads(2)(of(1, 1, 4, 10)),
    'splitHeads([1, 1, 4, 10]): 10 channels, expected a multiple of 3 x 2 heads',
  ],
  [
    () => nn.projectHeads(of(5, 4))(of(1, 1, 2, 3, 2)),
    'projectHeads([1, 1, 2, 3, 2]): a weight of 5 channels, expected 2 heads of 2',
  ],
  [
    () => nn.relativeBias(of(2, 4, 4)),
    'relativeBias([2, 4, 4]): expected a table [heads, 2w - 1, 2w - 1] of a window w x w',
  ],
  [
    () => nn.attention(q, of(1, 1, 4, 2, 2), k),
    'attention([1, 1, 2, 2, 3], [1, 1, 4, 2, 2], [1, 1, 4, 2, 3]): keys [1, 1, 4, 2, 2], expected [1, 1, m, 2, 3]',
  ],
  [
    () => nn.attention(q, k, of(1, 1, 3, 2, 3)),
    'attention([1, 1, 2, 2, 3], [1, 1, 4, 2, 3], [1, 1, 3, 2, 3]): values [1, 1, 3, 2, 3], expected [1, 1, 4, 2, d]',
  ],
  [
    () => nn.attention(q, k, k, of(5, 1, 1, 2, 2, 4)),
    'attention([1, 1, 2, 2, 3], [1, 1, 4, 2, 3], [1, 1, 4, 2, 3], [5, 1, 1, 2, 2, 4]): a bias [5, 1, 1, 2, 2, 4], expected one that broadcasts to [1, 1, 2, 2, 4]',
  ],
  [() => nn.causalMask(0), 'causalMask(): 0 places, expected a whole number of at least 1'],
  [() => heads(of(3, 4)), 'multiHeadAttention([3, 4]): expected tokens [b, n, c], 3 axes, found [3, 4]'],
  [
    () => heads(of(2, 3, 4), { context: of(3, 3, 4) }),
    'multiHeadAttention([2, 3, 4]): keys [3, 1, 3, 2, 2], expected [2, 1, m, 2, 2]',
  ],
  [
    () => nn.multiHeadAttention({ heads: 3 })({ q: square, k: square, v: square, proj: square })(of(2, 3, 4)),
    'multiHeadAttention([2, 3, 4]): 4 channels, expected a multiple of 3 heads',
  ],
  [() => nn.smoothedCrossEntropy(1), 'smoothedCrossEntropy(): smoothing 1, expected a number of at least 0, below 1'],
  [() => nn.dropout(1), 'dropout(): rate 1, expected a number of at least 0, below 1'],
  [() => nn.dropout(0.5)(of(2), of(3, 2)), 'dropout([2], [3, 2]): a mask [3, 2], expected one that broadcasts to [2]'],
  [
    () => nn.globalAveragePool(of(2, 3)),
    'globalAveragePool([2, 3]): expected an image [b, h, w, c], 4 axes, found [2, 3]',
  ],
  ...[nn.toWindows(3), nn.tiles(3), nn.patchify(3)].map((f, i) => {
    const name = ['toWindows', 'tiles', 'patchify'][i]
    const reason = 'an image of 6 x 4, expected one that consists of squares of 3 x 3'
    return [() => f(of(1, 6, 4, 1)), `${name}([1, 6, 4, 1]): ${reason}`] as const
  }),
  [() => nn.unpatchify(2)(of(1, 5, 12)), 'unpatchify([1, 5, 12]): 5 patches, expected a square grid of them'],
  [() => nn.unpatchify(2)(of(1, 4, 11)), 'unpatchify([1, 4, 11]): 11 numbers a patch, expected a multiple of 2 x 2'],
  [
    () => nn.patchEmbed({ weight: of(2, 2, 3, 5), bias: of(4) })(of(1, 4, 4, 3), of(4, 5)),
    'patchEmbed([1, 4, 4, 3], [4, 5]): a bias of 4 channels, expected 5',
  ],
  [() => nn.parameter([0], nn.zeros), 'parameter(): axis 0 of [0] has size 0, expected a whole number of at least 1'],
  [
    () => nn.linearSpec(1.5, 2),
    'linearWeight(): axis 0 of [1.5, 2] has size 1.5, expected a whole number of at least 1',
  ],
  [() => nn.flatten({ a: nn.parameter([3], nn.zeros) })({ a: of(4) }), 'flatten([4]): expected [3] at a'],
]

t.test('a layer names itself, what it was given, and what it expects', async (t) => {
  for (const [call, message] of refusals) t.throws(call, { name: 'ShapeError', message })
})

t.test('settings on the host are refused as they are given', async (t) => {
  const entry = (...shape: readonly number[]) => ({ shape, values: new Float64Array(shape.reduce((a, b) => a * b, 1)) })
  const twice = { 'a.b': nn.parameter([3], nn.zeros), a: { b: nn.parameter([3], nn.zeros) } }
  for (const [call, message] of [
    [() => nn.dropoutMask(key(1), 1, 3), 'dropoutMask: rate 1, expected a number of at least 0, below 1'],
    [() => nn.uniform(1, 0), 'uniform: low is 1 and high 0, expected low <= high'],
    [() => nn.gaussian(-1), 'gaussian: a standard deviation of -1, expected a number of at least 0'],
    [() => nn.sincos2d(6, 2), 'sincos2d: a width of 6, expected a multiple of 4'],
    [
      () =>
        nn.foldBatchNorm({ eps: 1e-3 })(
          { weight: entry(4, 2, 1, 1), bias: null },
          { weight: entry(4), bias: entry(3), running_mean: entry(4), running_var: entry(4) },
        ),
      'foldBatchNorm: bias has shape [3], expected [4]',
    ],
    [() => nn.flatSize(twice), 'this spec has two parameters named "a.b", expected a name for each'],
  ] as const)
    t.throws(call, { name: 'RangeError', message })
})

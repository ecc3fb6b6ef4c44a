/** A layer that is given a tensor of another rank says so, by its own name; nothing is made up for a missing axis. */
import t from 'tap'
import { tmsa } from '../../src/diffit/tmsa.ts'
import { networkLoss } from '../../src/diffusion/loss/loss.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import { attentionWeights, projectHeads, relativeBias, splitHeads } from '../../src/nn/attention.ts'
import { conv, upsample, upsampleConv } from '../../src/nn/conv.ts'
import { patchEmbed, patchify, unpatchify } from '../../src/nn/patch.ts'
import { addWindows, toWindows } from '../../src/nn/window.ts'
import { input, type Tensor } from '../../src/tensor/ops.ts'
import { globalNorm } from '../../src/train/links.ts'

const of = (...shape: readonly number[]): Tensor => input('x', shape)
const kernel = { weight: of(3, 3, 2, 2), bias: of(2) }
const attention = {
  qkv: { weight: of(4, 12), bias: of(12) },
  qkv_temb: { weight: of(3, 12), bias: of(12) },
  proj: { weight: of(4, 4), bias: of(4) },
  relative_position_bias_table: of(2, 3, 3),
}

const refusals: readonly (readonly [call: () => unknown, sentence: string])[] = [
  [() => toWindows(2)(of(4, 4, 2)), 'toWindows([4, 4, 2]): expected an image [b, h, w, c], 4 axes, found [4, 4, 2]'],
  [
    () => addWindows(2)(of(1, 4, 4, 2), of(4, 4, 2)),
    'addWindows([1, 4, 4, 2], [4, 4, 2]): expected an image [b, h, w, c], 4 axes, found [4, 4, 2]',
  ],
  [() => splitHeads(2)(of(4, 12)), 'splitHeads([4, 12]): expected tokens [b, g, n, 3c], 4 axes, found [4, 12]'],
  [
    () => projectHeads(of(4, 4))(of(1, 1, 4, 2)),
    'projectHeads([1, 1, 4, 2]): expected heads [b, g, heads, n, d], 5 axes, found [1, 1, 4, 2]',
  ],
  [
    () => attentionWeights(of(1, 4, 2, 2), of(1, 4, 2, 2), of(2, 4, 4)),
    'attentionWeights([1, 4, 2, 2], [1, 4, 2, 2], [2, 4, 4]): expected queries [b, g, n, heads, d], 5 axes, found [1, 4, 2, 2]',
  ],
  [
    () => relativeBias(of(3, 3)),
    'relativeBias([3, 3]): expected a table [heads, 2w - 1, 2w - 1], 3 axes, found [3, 3]',
  ],
  [
    () => conv({ stride: 1 })(kernel)(of(4, 4, 2)),
    'conv([4, 4, 2]): expected an image [b, h, w, c], 4 axes, found [4, 4, 2]',
  ],
  [
    () => conv({ stride: 1 })({ ...kernel, weight: of(2, 2) })(of(1, 4, 4, 2)),
    'conv([1, 4, 4, 2]): expected a weight [kh, kw, in, out], 4 axes, found [2, 2]',
  ],
  [() => upsample(of(4, 4, 2)), 'upsample([4, 4, 2]): expected an image [b, h, w, c], 4 axes, found [4, 4, 2]'],
  [
    () => upsampleConv({ ...kernel, weight: of(2, 2) })(of(1, 4, 4, 2)),
    'upsampleConv([1, 4, 4, 2]): expected a weight [kh, kw, in, out], 4 axes, found [2, 2]',
  ],
  [
    () => patchEmbed({ weight: of(2, 2, 2, 8), bias: of(8) })(of(4, 4, 2), of(4, 8)),
    'patchEmbed([4, 4, 2], [4, 8]): expected an image [b, h, w, c], 4 axes, found [4, 4, 2]',
  ],
  [() => patchify(2)(of(4, 4, 2)), 'patchify([4, 4, 2]): expected an image [b, h, w, c], 4 axes, found [4, 4, 2]'],
  [() => unpatchify(2)(of(4, 8)), 'unpatchify([4, 8]): expected tokens [b, n, side side c], 3 axes, found [4, 8]'],
  [
    () => tmsa({ heads: 2 })(attention)(of(1, 1, 4, 4), of(3)),
    'tmsa([1, 1, 4, 4], [3]): expected a time token per image, [b, ct], 2 axes, found [12]',
  ],
  [
    () => tmsa({ heads: 2 })(attention)(of(4, 4), of(1, 3)),
    'tmsa([4, 4], [1, 3]): expected tokens [b, g, n, c], 4 axes, found [4, 4]',
  ],
  [
    () => networkLoss(mse)(of(4, 4), of(4, 4), of(4, 1)),
    'networkLoss([4, 4], [4, 4], [4, 1]): expected images [b, h, w, c], 4 axes, found [4, 4]',
  ],
  [() => globalNorm(of(2, 3)), 'globalNorm([2, 3]): expected a gradient [P], 1 axis, found [2, 3]'],
]

t.test('layers and losses name the axes that they expect', (t) => {
  for (const [call, message] of refusals) t.throws(call, { name: 'ShapeError', message })
  t.end()
})

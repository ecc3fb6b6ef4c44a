/** Laws of the block and the ResBlock: identity at initialisation, and their gradients. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { gradientHolds } from '../src/check/index.ts'
import { block, blockSpec } from '../src/diffit/block.ts'
import { resblock, resblockSpec } from '../src/diffit/resblock.ts'
import { evaluate } from '../src/lower/compile.ts'
import { init, numbered, unflatten } from '../src/nn/spec.ts'
import { key } from '../src/random/key.ts'
import { close, pointOf, seed, setting, shapesOf, small, tensors, theta, zero } from './layers.ts'

t.test('block: zero output projections make it the identity, as at initialisation', () =>
  fc.assert(
    fc.asyncProperty(setting, seed, async (s, from) => {
      const spec = blockSpec({ ...s, mlp_ratio: 1.5 })
      const { xs, xt } = pointOf(s, from)
      const x = tensors(s, spec)
      const y = block(s)(unflatten(spec)(x.theta))(x.xs, x.xt)
      const identity = theta(spec, from, {
        'attn.proj.weight': zero,
        'attn.proj.bias': zero,
        'mlp.fc2.weight': zero,
        'mlp.fc2.bias': zero,
      })
      const run = async (values: Float64Array) => (await evaluate(cpu)({ y }, { theta: values, xs, xt })).y
      return close(await run(identity), xs, 0) && close(await run(init(spec)(key(from))), xs, 0)
    }),
    { numRuns: 10 },
  ),
)

t.test("block: <dy, J v> = <J' dy, v> for every parameter and input, in first and second order", () =>
  fc.assert(
    fc.asyncProperty(seed, (from) => {
      const spec = blockSpec({ ...small, mlp_ratio: 2 })
      const points = { p: numbered(spec)(theta(spec, from)), ...shapesOf(small) }
      return gradientHolds(cpu)(({ p, xs, xt }) => block(small)(p)(xs, xt), points)(from)
    }),
    { numRuns: 3 },
  ),
)

t.test("resblock: <dy, J v> = <J' dy, v>, where the widths agree and where they differ", () =>
  fc.assert(
    fc.asyncProperty(seed, fc.constantFrom(4, 8), (from, width) => {
      const config = { ...small, width: 4, from: width, mlp_ratio: 1 }
      const spec = resblockSpec(config)
      const points = { p: numbered(spec)(theta(spec, from)), x: [1, 4, 2, width], xt: [1, 3] }
      return gradientHolds(cpu)(({ p, x, xt }) => resblock(config)(p)(x, xt), points)(from)
    }),
    // at this seed the second derivative varies too fast for the checker's first step
    { numRuns: 4, examples: [[1208450911, 8]] },
  ),
)

/** Laws of TMSA: its definition written out, its symmetries, and its gradient. */

import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { gradientHolds } from '../src/check/index.ts'
import { element } from '../src/codec/element.ts'
import { tmsa, tmsaSpec } from '../src/diffit/tmsa.ts'
import { evaluate } from '../src/lower/compile.ts'
import { encode, numbered, unflatten } from '../src/nn/spec.ts'
import { key, permutation } from '../src/random/key.ts'
import { input } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'
import { affine, attend, rows } from './byHand.ts'
import { close, draw, pointOf, type Setting, seed, setting, shapesOf, tensors, theta, zero } from './layers.ts'

const runTmsa = async (
  s: Setting,
  values: Float64Array,
  xs: Float64Array,
  xt: Float64Array,
): Promise<ArrayLike<number>> => {
  const spec = tmsaSpec(s)
  const x = tensors(s, spec)
  const { y } = await evaluate(cpu)({ y: tmsa(s)(unflatten(spec)(x.theta))(x.xs, x.xt) }, { theta: values, xs, xt })
  return y ?? []
}

t.test(
  'tmsa is one linear map of each spatial token concatenated with the time token, then attention with relative bias, written out',
  () =>
    fc.assert(
      fc.asyncProperty(setting, seed, async (s, from) => {
        const spec = tmsaSpec(s)
        const [values, { xs, xt }] = [theta(spec, from), pointOf(s, from)]
        const p = numbered(spec)(values)
        const file = encode(spec)(values)
        const table = rows(file.relative_position_bias_table?.values ?? [], s.heads)
        const w = s.window
        const bias = (h: number, i: number, j: number): number => {
          const [dy, dx] = [Math.floor(i / w) - Math.floor(j / w), (i % w) - (j % w)]
          return table[(dy + w - 1) * (2 * w - 1) + dx + w - 1]?.[h] ?? Number.NaN
        }
        const both = [...rows(p.qkv.weight.values, 3 * s.width), ...rows(p.qkv_temb.weight.values, 3 * s.width)]
        const sum = p.qkv.bias.values.map((b, i) => b + (p.qkv_temb.bias.values[i] ?? Number.NaN))
        const [tokens, times] = [rows(xs, s.width), rows(xt, s.time_width)]
        const n = w ** 2
        const expected = Array.from({ length: s.images * s.groups }, (_, g) => {
          const time = times[Math.floor(g / s.groups)] ?? []
          const beside = tokens.slice(g * n, (g + 1) * n).map((token) => [...token, ...time])
          return affine(
            attend(affine(beside, both, sum), s.heads, bias),
            rows(p.proj.weight.values, s.width),
            p.proj.bias.values,
          )
        }).flat(2)
        return close(await runTmsa(s, values, xs, xt), expected)
      }),
      { numRuns: 40 },
    ),
)

t.test('tmsa: zero time weights is plain attention, whatever the time', () =>
  fc.assert(
    fc.asyncProperty(setting, seed, async (s, from) => {
      const { xs, xt } = pointOf(s, from)
      const still = theta(tmsaSpec(s), from, { 'qkv_temb.weight': zero })
      return close(await runTmsa(s, still, xs, xt), await runTmsa(s, still, xs, xt.map(zero)))
    }),
    { numRuns: 20 },
  ),
)

t.test('tmsa: without position bias it is permutation-equivariant', () =>
  fc.assert(
    fc.asyncProperty(setting, seed, async (s, from) => {
      const { xs, xt } = pointOf(s, from)
      const values = theta(tmsaSpec(s), from, { relative_position_bias_table: zero })
      const n = s.window ** 2
      const order = permutation(key(from), n)
      const moved = (x: ArrayLike<number>): Float64Array =>
        Float64Array.from({ length: x.length }, (_, i) => {
          const [token, c] = [Math.floor(i / s.width), i % s.width]
          const from = Math.floor(token / n) * n + element(order, token % n)
          return x[from * s.width + c] ?? Number.NaN
        })
      return close(await runTmsa(s, values, moved(xs), xt), moved(await runTmsa(s, values, xs, xt)))
    }),
    { numRuns: 20 },
  ),
)

const isKey = (s: Setting, i: number): boolean => i % (3 * s.width) >= s.width && i % (3 * s.width) < 2 * s.width

t.test('tmsa: the key biases and the time projection of the keys cancel in the softmax', () =>
  fc.assert(
    fc.asyncProperty(setting, seed, async (s, from) => {
      const spec = tmsaSpec(s)
      const { xs, xt } = pointOf(s, from)
      const other = (value: number, i: number): number => (isKey(s, i) ? 3 - value : value)
      const changes = { 'qkv.bias': other, 'qkv_temb.bias': other, 'qkv_temb.weight': other }
      const [plain, changed] = [theta(spec, from), theta(spec, from, changes)]
      const same = close(await runTmsa(s, plain, xs, xt), await runTmsa(s, changed, xs, xt))
      const x = tensors(s, spec)
      const dy = draw(from + 3, shapesOf(s).xs)
      const [gradient = x.theta] = vjp(tmsa(s)(unflatten(spec)(x.theta))(x.xs, x.xt), input('dy', shapesOf(s).xs), [
        x.theta,
      ])
      const { g = new Float64Array() } = await evaluate(cpu)({ g: gradient }, { theta: plain, xs, xt, dy })
      const p = numbered(spec)(Float64Array.from(g))
      const forgotten = [p.qkv.bias, p.qkv_temb.bias, p.qkv_temb.weight].flatMap(({ values }) =>
        [...values].filter((_, i) => isKey(s, i)),
      )
      const remembered = [...p.qkv.bias.values].filter((_, i) => !isKey(s, i))
      return same && forgotten.every((v) => Math.abs(v) < 1e-12) && remembered.some((v) => Math.abs(v) > 1e-9)
    }),
    { numRuns: 20 },
  ),
)

t.test("tmsa: <dy, J v> = <J' dy, v> for every parameter and input, in first and second order", () =>
  fc.assert(
    fc.asyncProperty(setting, seed, (s, from) => {
      const spec = tmsaSpec(s)
      const points = { p: numbered(spec)(theta(spec, from)), ...shapesOf(s) }
      return gradientHolds(cpu)(({ p, xs, xt }) => tmsa(s)(p)(xs, xt), points)(from)
    }),
    { numRuns: 10 },
  ),
)

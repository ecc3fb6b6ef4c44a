/**
 * The norm of every example's own gradient (for clipping in differential privacy, or to find outliers), in one program: each
 * example gets its own copy of the parameters, and products become batched. Checked against one example at a time.
 *
 *   node per-example-gradients.ts [EXAMPLES]
 */
import * as d from 'diffit'
import { backends } from 'diffit/backends'
import { flatten, init, linear, linearSpec, type Params } from 'diffit/nn'
import { globalNorm, inference } from 'diffit/train'

const [argument = '32'] = process.argv.slice(2)
const n = Number(argument)
const spec = { hidden: linearSpec(3, 16), out: linearSpec(16, 1) }
type P = Params<typeof spec>

/** Copies of a layer, weight [n, in, out] and bias [n, out], each for its own x [n, 1, in] -> [n, 1, out]. */
const linears = (p: P['hidden'], x: d.Tensor): d.Tensor => d.add(d.matmul(x, p.weight), d.expandDims(1)(p.bias))
const lossOfCopies = (p: P, x: d.Tensor, y: d.Tensor): d.Tensor =>
  d.sum(d.square(d.sub(linears(p.out, d.tanh(linears(p.hidden, x))), y)))

const together = await d.compile(backends.cpu)(
  inference(spec, { x: [n, 1, 3], y: [n, 1, 1] }, (p, { x, y }) => {
    const copies = d.mapTree(p, (leaf) => d.broadcast([n, ...leaf.shape])(leaf))
    const gradients = d.grad((p: P) => lossOfCopies(p, x, y))(copies)
    const squares = d.leaves(gradients).map(([, g]) => d.sum(g.shape.map((_, axis) => axis).slice(1))(d.square(g)))
    return { outputs: { norms: d.sqrt(squares.reduce((a, b) => d.add(a, b))) } }
  }),
)
const alone = await d.compile(backends.cpu)(
  inference(spec, { x: [1, 3], y: [1, 1] }, (p, { x, y }) => {
    const loss = (p: P) => d.sum(d.square(d.sub(linear(p.out)(d.tanh(linear(p.hidden)(x))), y)))
    return { scalars: { norm: globalNorm(flatten(spec)(d.grad(loss)(p))) } }
  }),
)

const theta = init(spec)(d.key(1))
const [x, y] = [d.normal(d.key(2), 3 * n), d.normal(d.key(3), n)]
const { norms } = await together.run({ theta, x, y })
console.log(`norms of ${n} gradients: ${Array.from(norms, (norm) => norm.toFixed(3)).join(' ')}`)

let largest = 0
for (const [i, norm] of norms.entries()) {
  const one = await alone.run({ theta, x: x.slice(3 * i, 3 * i + 3), y: y.slice(i, i + 1) })
  largest = Math.max(largest, Math.abs(one.norm - norm))
}
console.log(`largest difference from one at a time: ${largest}`)
await Promise.all([together.dispose(), alone.dispose()])

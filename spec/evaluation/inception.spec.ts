/** The Inception network beside torchvision's with its documented differences; `spec/fixtures/inception.py` makes the values. */

import { join } from 'node:path'
import { either as E } from 'fp-ts'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { distance } from '../../properties/agreement/agree.ts'
import { bilinear } from '../../src/data/bilinear.ts'
import { inception, inceptionSize, inceptionSpec } from '../../src/evaluation/inception/inception.ts'
import { inceptionInput } from '../../src/evaluation/inception/input.ts'
import { compiledInception, inceptionNetwork } from '../../src/evaluation/inception/network.ts'
import { conversion, fileSpec, inceptionWeights } from '../../src/evaluation/inception/weights.ts'
import { save } from '../../src/io/safetensorsFile.ts'
import { evaluate } from '../../src/lower/compile.ts'
import { globalAveragePool, leavesOf, unflatten } from '../../src/nn/index.ts'
import type { Tensors } from '../../src/plan/program.ts'
import { sizeAt } from '../../src/tensor/axes.ts'
import { input, reshape } from '../../src/tensor/ops.ts'
import { type InceptionCase, inceptions, picturesOf, weightsOf } from './inceptionCases.ts'

const caseOf = (i: number): InceptionCase => {
  const found = inceptions.cases[i]
  if (found === undefined) throw new Error(`the fixture has no case ${i}`)
  return found
}
const thetaOf = (c: InceptionCase): Float64Array => {
  const theta = inceptionWeights(c)({ tensors: weightsOf(c) })
  if (E.isLeft(theta)) throw new Error(theta.left)
  return theta.right
}
const [narrow, grey, whole] = [caseOf(0), caseOf(1), caseOf(2)]
/** The pictures are float32 on every backend. */
const tolerances = [
  [cpu, 1e-7],
  [wasm, 2e-6],
] as const

t.test('bilinear: TensorFlow 1, which aligns neither corners nor centres', async (t) => {
  const { from, to } = inceptions.resized
  const [height, width, channels] = [5, 4, 2]
  t.same(from.shape, [height, width, channels])
  const found = bilinear(from.values, { height, width, channels }, { height: 299, width: 299 })
  const every = Array.from({ length: 6 }, (_, i) => 50 * i)
  const seen = every.flatMap((y) => every.flatMap((x) => [0, 1].map((c) => found[(y * 299 + x) * 2 + c] ?? Number.NaN)))
  t.same(to.shape, [6, 6, 2])
  t.ok(distance(seen, to.values) < 1e-6)
  t.same(Array.from(bilinear(from.values, { height, width, channels }, { height, width })), from.values)
})

for (const [backend, tolerance] of tolerances)
  t.test(`${backend.name}: every block of the narrow network, and what it gives`, async (t) => {
    const { shape } = narrow.pictures
    const theta = thetaOf(narrow)
    const x = inceptionInput(picturesOf(narrow), sizeAt(shape, 0))
    const feeds = [input('theta', [theta.length]), input('x', [2, inceptionSize, inceptionSize, 3])] as const
    const { blocks, spatial, features, logits } = inception(unflatten(inceptionSpec(narrow))(feeds[0]))(feeds[1])
    const means = Object.fromEntries(Object.entries(blocks).map(([name, y]) => [name, globalAveragePool(y)]))
    const outputs: Tensors = { ...means, features, logits, spatial: reshape(narrow.spatial.shape)(spatial) }
    const found = await evaluate(backend, { threads: 1 })(outputs, { theta, x }, feeds)
    const expected = [
      ...narrow.blocks,
      ...(['features', 'logits', 'spatial'] as const).map((n) => [n, narrow[n]] as const),
    ]
    t.same(Object.keys(outputs).toSorted(), expected.map(([name]) => name).toSorted())
    for (const [name, y] of expected) {
      t.same(found[name]?.shape, y.shape, name)
      const off = distance(found[name], y.values)
      t.ok(off <= tolerance, `${name} is off by ${off}`)
    }
  })

t.test("the file has PyTorch's names and shapes, in its order", async (t) => {
  const spec = leavesOf(fileSpec(narrow))
  t.same(
    spec.map(({ name, parameter }) => [name, parameter.file.shape]),
    narrow.tensors,
  )
})

t.test('the network of a file judges any number of pictures, in batches of one size', async (t) => {
  const path = join(t.testdir(), 'narrow.safetensors')
  const counter = [
    'Mixed_5b.branch1x1.bn.num_batches_tracked',
    { dtype: 'F32', shape: [], values: Float32Array.of(7) },
  ] as const
  t.ok(E.isRight(await save(path, { tensors: new Map([...weightsOf(narrow), counter]), metadata: {} })()))
  const made = await inceptionNetwork(path, wasm, { config: narrow, batch: 2, threads: 1 })()
  if (E.isLeft(made)) throw new Error(made.left)
  const network = made.right
  try {
    const { distance: kind, features, classes, labels, heldOutAccuracy } = network
    t.same(
      { kind, features, classes, labels, heldOutAccuracy },
      { kind: 'FID', features: 128, classes: 10, labels: null, heldOutAccuracy: null },
    )
    const two = picturesOf(narrow)
    const found = await network.judge(Float32Array.of(...two, ...two.subarray(0, two.length / 2)), 3)
    for (const name of ['features', 'logits', 'spatial'] as const) {
      const { values } = narrow[name]
      const off = distance(found[name], [...values, ...values.slice(0, values.length / 2)])
      t.ok(off <= 2e-6, `${name} of three pictures is off by ${off}`)
      const greyOff = distance((await network.judge(picturesOf(grey), 1))[name], grey[name].values)
      t.ok(greyOff <= 2e-6, `${name} of a grey picture is off by ${greyOff}`)
    }
    await t.rejects(network.judge(Float32Array.of(0, 0, 0, 0, 0, 0, 0, Number.NaN), 2), {
      name: 'RangeError',
      message: 'picture 1 holds a NaN, expected numbers from -1 to 1',
    })
    await t.rejects(network.judge(new Float32Array(10), 1), {
      name: 'RangeError',
      message: 'pictures of 10 numbers each, expected squares of 1 or 3 channels',
    })
  } finally {
    await network.dispose()
  }
})

t.test(
  'a file that is not of these weights: what is wrong, what was expected, and what makes a right one',
  async (t) => {
    const good = [...weightsOf(narrow)]
    const [first, ...others] = good
    const name = 'Conv2d_1a_3x3.conv.weight'
    const stored = { dtype: 'F32', shape: [2], values: new Float32Array(2) } as const
    const reasons = [
      [others, `tensor "${name}" [2, 3, 3, 3] is missing`],
      [[...good, ['AuxLogits.fc.bias', stored]], 'tensor "AuxLogits.fc.bias" is not a parameter of this model'],
      [[[name, stored], ...others], `tensor "${name}" has shape [2], but this model has [2, 3, 3, 3]`],
    ] as const
    t.equal(first?.[0], name)
    for (const [tensors, reason] of reasons)
      t.same(
        inceptionWeights(narrow)({ tensors: new Map(tensors) }),
        E.left(`${reason}: expected the weights of Inception of 2015-12-05, which this makes: ${conversion}`),
      )
    const missing = await inceptionNetwork('no.safetensors', wasm)()
    t.match(missing, { left: /no\.safetensors/ })
  },
)

t.test('wasm: the network at full size', async (t) => {
  const network = await compiledInception(thetaOf(whole), wasm, { batch: 1 })
  try {
    const found = await network.judge(picturesOf(whole), 1)
    for (const name of ['features', 'logits', 'spatial'] as const) {
      t.equal(found[name].length, whole[name].values.length, name)
      const off = distance(found[name], whole[name].values)
      t.ok(off <= 2e-6, `${name} is off by ${off}`)
    }
  } finally {
    await network.dispose()
  }
})

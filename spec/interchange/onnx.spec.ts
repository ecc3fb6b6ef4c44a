/** ONNX files are run by onnxruntime: every primitive, and a network of every objective, computes what `cpu` computes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import protobuf from 'protobufjs'
import t, { type Test } from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { decoding, encoding } from '../../src/autoencoder/task.ts'
import { judgement } from '../../src/classification/task.ts'
import { forward } from '../../src/diffusion/task.ts'
import { exportGraph } from '../../src/interchange/onnx/exportGraph.ts'
import { type Network, saveOnnx } from '../../src/interchange/onnx/exportOnnx.ts'
import { saveGraph } from '../../src/interchange/onnx/modelFile.ts'
import { schema } from '../../src/interchange/onnx/schema.ts'
import { compile } from '../../src/lower/compile.ts'
import { decodeModel } from '../../src/models/models.ts'
import { arbitrary } from '../../src/nn/spec.ts'
import type { Numbers } from '../../src/plan/backend.ts'
import type { Program } from '../../src/plan/program.ts'
import { fold, key, normal, uniform } from '../../src/random/key.ts'
import { X } from '../../src/tensor/expression.ts'
import { add, array, input, max, mul, type Tensor } from '../../src/tensor/ops.ts'
import { primitives } from '../../src/tensor/primitives.ts'
import { fold as foldOf } from '../../src/tensor/reduction.ts'
import { type Shape, size } from '../../src/tensor/shape.ts'
import { topological } from '../../src/tensor/tensor.ts'
import { type Fed, opened } from './onnxRuntime.ts'

const folder = await mkdtemp(join(tmpdir(), 'diffit-onnx-'))
t.teardown(() => rm(folder, { recursive: true }))

const right = <A>(result: E.Either<string, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left)
  return result.right
}

/** The largest difference, relative to the largest number; infinite where the shapes differ. */
const difference = (found: Fed | undefined, expected: Numbers, shape: Shape): number => {
  if (found === undefined || found.values.length !== expected.length || `${found.shape}` !== `${shape}`)
    return Number.POSITIVE_INFINITY
  const largest = Math.max(1e-3, ...Array.from(expected, Math.abs))
  return Math.max(...Array.from(expected, (x, i) => Math.abs(x - (found.values[i] ?? Number.NaN)))) / largest
}

/** Feeds as both take them: float32 numbers. */
const fedOf = (inputs: Readonly<Record<string, Fed>>): Readonly<Record<string, Float64Array>> =>
  Object.fromEntries(Object.entries(inputs).map(([name, { values }]) => [name, Float64Array.from(values)]))

t.test('every primitive and every function with laws is what cpu computes', async (t) => {
  const inputs: Record<string, Fed> = {}
  const outputs: Record<string, Tensor> = {}
  const rows = primitives.flatMap((row) => row.cases.map((one, i) => ({ row, one, name: `${row.name} ${i}` })))
  rows.forEach(({ row, one, name }, at) => {
    const [low, high] = row.domain.interval
    const xs = one.shapes.map((shape, i) => {
      const own = `${name} x${i}`
      const drawn = uniform(fold(fold(key(3), at), i), size(shape))
      inputs[own] = { shape, values: Float32Array.from(drawn, (u) => low + (high - low) * u) }
      return input(own, shape)
    })
    outputs[name] = one.f(...xs)
  })
  const path = join(folder, 'primitives.onnx')
  right(await saveGraph(path, right(exportGraph(outputs)), { name: 'primitives', metadata: {} })())
  const found = await (await opened(await readFile(path))).run(inputs)
  const run = await compile(cpu)({ outputs })
  const expected = await run.run(fedOf(inputs))
  await run.dispose()
  t.ok(rows.length > 90)
  for (const { name } of rows) {
    const error = difference(found[name], expected[name] ?? new Float64Array(), outputs[name]?.shape ?? [])
    t.ok(error <= 2e-5, `${name}: ${error}`)
  }
})

/** A network in onnxruntime beside cpu, with random parameters and inputs. */
const agrees = async (t: Test, name: string, program: Program, spec: Network['spec']): Promise<void> => {
  const theta = Float32Array.from(arbitrary(spec)(key(8)))
  const path = join(folder, `${name}.onnx`)
  right(await saveOnnx(path, { program, spec, theta }, { name, metadata: { model: 'tiny' } })())
  const outputs = program.outputs ?? {}
  const ports = topological(Object.values(outputs)).flatMap((node) => {
    const lowering = node.rule.lower()
    return lowering.kind === 'input' && lowering.name !== 'theta' ? [[lowering.name, node.shape] as const] : []
  })
  const inputs = Object.fromEntries(
    ports.map(([port, shape], i): readonly [string, Fed] => [
      port,
      { shape, values: Float32Array.from(normal(fold(key(4), i), size(shape))) },
    ]),
  )
  const session = await opened(await readFile(path))
  t.same([...session.inputs].sort(), Object.keys(inputs).sort(), `${name}: inputs`)
  t.same([...session.outputs].sort(), Object.keys(outputs).sort(), `${name}: outputs`)
  const found = await session.run(inputs)
  const run = await compile(cpu)(program)
  await run.write({ theta })
  const expected = await run.run(fedOf(inputs))
  await run.dispose()
  for (const [output, { shape }] of Object.entries(outputs)) {
    const error = difference(found[output], expected[output] ?? new Float64Array(), shape)
    t.ok(error <= 1e-5, `${name}, ${output}: ${error}`)
    t.ok(new Set(found[output]?.values).size > 4, `${name}, ${output} depends on its inputs`)
  }
}

t.test('networks of every objective compute what cpu computes, to 1e-5 of the largest number', async (t) => {
  const image = right(
    decodeModel({
      model: 'image',
      image_size: 8,
      widths: [8, 12],
      depths: [1, 1],
      heads: 2,
      window: 4,
      time_width: 16,
      classes: 3,
    }),
  )
  const latent = right(
    decodeModel({ model: 'latent', input_size: 6, width: 16, depth: 2, heads: 2, classes: 3, channels: 4 }),
  )
  const classifier = right(decodeModel({ model: 'classifier', image_size: 8, classes: 4 }))
  const kl = right(decodeModel({ model: 'kl', image_size: 8, widths: [8, 16], blocks: 1, groups: 4 }))
  for (const [name, model] of Object.entries({ image, latent, classifier, kl })) {
    if (model.objective === 'denoising') await agrees(t, name, forward(model, { batch: 2, ...model.shape }), model.spec)
    if (model.objective === 'classification')
      await agrees(t, name, judgement(model, { batch: 2, size: 8, channels: 3, classes: 4 }), model.spec)
    if (model.objective === 'reconstruction') {
      await agrees(t, `${name} encode`, encoding(model, { batch: 1, size: 8, channels: 3 }), model.spec)
      await agrees(t, `${name} decode`, decoding(model, { batch: 1, size: 4, channels: 4 }), model.spec)
    }
  }
})

t.test('large constants lie in a file beside the model', async (t) => {
  const spec = decodeModel({ model: 'latent', input_size: 4, width: 8, depth: 1, heads: 1, classes: 2 })
  const model = right(spec)
  if (model.objective !== 'denoising') throw new Error('expected a denoiser')
  const theta = Float32Array.from(arbitrary(model.spec)(key(8)))
  const network = { program: forward(model, { batch: 1, ...model.shape }), spec: model.spec, theta }
  const [one, two] = [join(folder, 'one.onnx'), join(folder, 'two.onnx')]
  right(await saveOnnx(one, network, { name: 'one' })())
  right(await saveOnnx(two, network, { name: 'two', mostEmbedded: 100 })())
  const inputs = {
    input: { shape: [1, 4, 4, 4], values: Float32Array.from(normal(key(1), 64)) },
    time: { shape: [1, 256], values: Float32Array.from(normal(key(2), 256)) },
    labels: { shape: [1, 3], values: Float32Array.of(0, 1, 0) },
  }
  const data = `${two}.data`
  const embedded = await (await opened(await readFile(one))).run(inputs)
  const beside = await (await opened(await readFile(two), { [basename(data)]: await readFile(data) })).run(inputs)
  t.strictSame(beside.network, embedded.network)
  const sizeOf = async (path: string): Promise<number> => (await readFile(path)).length
  const moved = (await sizeOf(one)) - (await sizeOf(two))
  t.ok(moved > 0.8 * (await sizeOf(data)) && moved > 10_000, `${moved} of ${await sizeOf(data)} bytes`)
})

t.test('a file says its opset and its card, and its constants have the names of the parameters', async (t) => {
  const model = right(decodeModel({ model: 'latent', input_size: 4, width: 8, depth: 1, heads: 1, classes: 2 }))
  if (model.objective !== 'denoising') throw new Error('expected a denoiser')
  const theta = Float32Array.from(arbitrary(model.spec)(key(8)))
  const path = join(folder, 'card.onnx')
  const network = { program: forward(model, { batch: 1, ...model.shape }), spec: model.spec, theta }
  right(await saveOnnx(path, network, { name: 'card', metadata: { step: '7' } })())
  const type = protobuf.Root.fromJSON(schema).lookupType('ModelProto')
  const file = type.toObject(type.decode(await readFile(path)), { longs: Number })
  t.match(file, {
    irVersion: 8,
    opsetImport: [{ version: 17 }],
    metadataProps: [{ key: 'step', value: '7' }],
    graph: { output: [{ name: 'network', type: { tensorType: { elemType: 1 } } }] },
  })
  const text = JSON.stringify(file)
  for (const name of Object.keys(model.spec)) t.ok(text.includes(JSON.stringify(name)), name)
})

t.test('what ONNX has no operation for is an error of one sentence', async (t) => {
  const x = input('x', [2, 3])
  const odd = foldOf('odd', {
    start: 0,
    combine: (a, b) => X.add(X.mul(a, 2), b),
    ofEqual: (value, count) => value * count,
    vjp: ({ dy }) => dy,
    domain: { interval: [0, 1] },
  })
  t.same(exportGraph({ y: odd(1)(x) }), E.left('ONNX has no reduction like "odd"'))
})

t.test('equal nodes are one, and what is repeated is repeated by the operation that needs it', async (t) => {
  const x = input('x', [2, 3])
  const twice = exportGraph({ y: add(mul(x, array([1, 2, 3])), mul(x, array([1, 2, 3]))), z: max(x) })
  t.same(
    right(twice)
      .nodes.map(({ op }) => op)
      .filter((op) => op !== 'Identity'),
    ['Mul', 'Mul', 'Add', 'ReduceMax', 'Reshape'],
  )
  const shared = mul(x, 2)
  t.same(
    right(exportGraph({ y: add(shared, mul(x, 2)) })).nodes.map(({ op }) => op),
    ['Mul', 'Add', 'Identity'],
  )
})

/** Examples of the latent model: its names in files, its sizes, how it starts, and what it refuses. */
import t from 'tap'
import { latentDefaults } from '../../src/models/latent/latentConfig.ts'
import { latentModel, latentSpec } from '../../src/models/latent/latentModel.ts'
import { latentPresets as presets } from '../../src/models/latent/latentPresets.ts'
import { count, encode, flatSize, init, leavesOf, unflatten } from '../../src/nn/spec.ts'
import { key } from '../../src/random/key.ts'
import { full } from '../../src/tensor/ops.ts'

t.test("presets have as many parameters as the reference; 28 blocks give the paper's 561 M", async (t) => {
  t.equal(count(latentSpec(presets['latent-s'])), 3_434_548)
  const xl = count(latentSpec(presets['latent-xl']))
  t.equal(count(latentSpec(presets['diffit-xl-256'])), 561_035_232)
  t.strictSame(presets['latent-xl'], presets['diffit-xl-256'])
  t.strictSame(presets['diffit-xl-512'], { ...presets['diffit-xl-256'], input_size: 64 })
  t.ok(Math.abs(xl - 561e6) < 1e6, `${xl} parameters`)
  t.ok(count(latentSpec({ ...presets['latent-xl'], depth: 30 })) > 595e6, 'and 30 blocks do not')
})

t.test('a file has the names and shapes of the reference', async (t) => {
  const c = { ...latentDefaults, input_size: 8, width: 12, depth: 2, heads: 3, classes: 5 }
  const spec = latentSpec(c)
  const file = encode(spec)(new Float64Array(flatSize(spec)))
  const shapes = Object.fromEntries(Object.entries(file).map(([name, { shape }]) => [name, shape]))
  const linear = (name: string, from: number, to: number) => ({
    [`${name}.weight`]: [to, from],
    [`${name}.bias`]: [to],
  })
  const block = (i: number) => ({
    ...linear(`blocks.${i}.attn.qkv`, 12, 36),
    ...linear(`blocks.${i}.attn.qkv_temb`, 12, 36),
    ...linear(`blocks.${i}.attn.proj`, 12, 12),
    [`blocks.${i}.attn.relative_position_bias_table`]: [49, 3],
    ...linear(`blocks.${i}.mlp.fc1`, 12, 48),
    ...linear(`blocks.${i}.mlp.fc2`, 48, 12),
  })
  t.strictSame(shapes, {
    'x_embedder.proj.weight': [12, 4, 2, 2],
    'x_embedder.proj.bias': [12],
    ...linear('t_embedder.mlp.0', 256, 12),
    ...linear('t_embedder.mlp.2', 12, 12),
    'y_embedder.embedding_table.weight': [6, 12],
    ...block(0),
    ...block(1),
    ...linear('final_layer.linear', 12, 32),
  })
})

t.test(
  'initialisation: only biases and the final layer are zero, each kind of weight has its own standard deviation',
  async (t) => {
    const spec = latentSpec({ ...latentDefaults, input_size: 16, width: 64, depth: 1, heads: 4, classes: 50 })
    const theta = init(spec)(key(3))
    const deviations = new Map(
      leavesOf(spec).map(({ name, start, size }) => {
        const values = theta.subarray(start, start + size)
        return [name, Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / size)]
      }),
    )
    const xavier = (fanIn: number, fanOut: number): number => Math.sqrt(2 / (fanIn + fanOut))
    // sqrt of the variance of a normal cut at two deviations
    const cut = 0.8796
    const expected: Readonly<Record<string, number>> = {
      'x_embedder.proj.weight': xavier(16, 64),
      't_embedder.mlp.0.weight': 0.02,
      't_embedder.mlp.2.weight': 0.02,
      'y_embedder.embedding_table.weight': 0.02,
      'blocks.0.attn.qkv.weight': xavier(64, 192),
      'blocks.0.attn.qkv_temb.weight': xavier(64, 192),
      'blocks.0.attn.proj.weight': xavier(64, 64),
      'blocks.0.attn.relative_position_bias_table': 0.02 * cut,
      'blocks.0.mlp.fc1.weight': xavier(64, 256),
      'blocks.0.mlp.fc2.weight': xavier(256, 64),
    }
    for (const [name, found] of deviations) {
      const wanted = expected[name] ?? 0
      t.ok(Math.abs(found - wanted) <= 0.1 * wanted, `${name}: ${found}, expected about ${wanted}`)
    }
  },
)

t.test(
  'the output has the shape of the latent, or twice its channels; missing labels and wrong shapes are errors',
  async (t) => {
    const c = { ...latentDefaults, input_size: 6, channels: 3, width: 8, depth: 1, heads: 2, classes: 2 }
    const [x, time, labels] = [full(1, [2, 6, 6, 3]), full(1, [2, 256]), full(1, [2, 3])]
    const of = (config: typeof c) => {
      const { spec, apply } = latentModel(config)
      return apply(unflatten(spec)(full(1, [flatSize(spec)])))
    }
    t.strictSame(of(c)(x, time, labels).shape, [2, 6, 6, 6])
    t.strictSame(of({ ...c, learn_sigma: false, patch: 3 })(x, time, labels).shape, [2, 6, 6, 3])
    t.throws(() => of(c)(x, time, null), { name: 'ShapeError', message: /labels \[b, classes \+ 1\]/ })
    t.throws(() => of(c)(full(1, [2, 6, 6, 4]), time, labels), { name: 'ShapeError' })
    t.throws(() => of(c)(full(1, [2, 8, 8, 3]), time, labels), { name: 'ShapeError' })
  },
)

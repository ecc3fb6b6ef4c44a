/** Examples of parameter specs: names, places in theta, layouts in files, and what the codec refuses. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { biasTable, convWeight, gaussian, linearWeight, parameter, zeros } from '../../src/nn/parameter.ts'
import { arbitrary, count, decode, encode, flatSize, init, initialOf, leavesOf } from '../../src/nn/spec.ts'
import { key } from '../../src/random/key.ts'

const spec = {
  down: [
    { qkv: { weight: linearWeight(2, 3), bias: parameter([3], zeros) } },
    { conv: { weight: convWeight(3, 2, 4) } },
  ],
  table: biasTable(2, 2),
  absent: null,
}

t.test(
  'a leaf is named by its path and starts at a multiple of 16; the length of theta is a multiple of 1024',
  async (t) => {
    t.same(
      leavesOf(spec).map((p) => [p.name, p.start, p.size]),
      [
        ['down.0.qkv.weight', 0, 6],
        ['down.0.qkv.bias', 16, 3],
        ['down.1.conv.weight', 32, 72],
        ['table', 112, 18],
      ],
    )
    t.equal(count(spec), 99)
    t.equal(flatSize(spec), 1024)
  },
)

t.test('files hold linear weights as [out, in], convolutions as OIHW, bias tables by offset', async (t) => {
  const theta = Float64Array.from({ length: 1024 }, (_, i) => i)
  const file = encode(spec)(theta)
  t.same(file['down.0.qkv.weight'], { shape: [3, 2], values: Float64Array.of(0, 3, 1, 4, 2, 5) })
  const conv = file['down.1.conv.weight']
  t.same(conv?.shape, [4, 2, 3, 3])
  // engine [ky, kx, in, out] = [1, 2, 1, 3] is file [out, in, ky, kx] = [3, 1, 1, 2]
  t.equal(conv?.values[3 * 18 + 9 + 3 + 2], 32 + (1 * 3 + 2) * 8 + 1 * 4 + 3)
  const row = encode(convWeight([2, 3], 2, 4))(theta)['']
  t.same(row?.shape, [4, 2, 2, 3])
  t.equal(row?.values[3 * 12 + 6 + 3 + 2], (1 * 3 + 2) * 8 + 1 * 4 + 3, 'element [3, 1, 1, 2] of a kernel of 2 x 3')
  const table = file.table
  t.same(table?.shape, [9, 2])
  // offset (dy, dx) = (-1, 1) of head 1: file row (dy + 1) * 3 + dx + 1, engine [1, 1 - dy, 1 - dx]
  t.equal(table?.values[2 * 2 + 1], 112 + 9 + 2 * 3 + 0)
})

t.test('the initial values of a parameter depend on its name and the key only', async (t) => {
  const alone = { down: [{ qkv: { weight: linearWeight(2, 3), bias: parameter([3], zeros) } }], more: biasTable(2, 2) }
  t.same(encode(spec)(init(spec)(key(1)))['down.0.qkv.weight'], encode(alone)(init(alone)(key(1)))['down.0.qkv.weight'])
  t.notSame(init(spec)(key(1)), init(spec)(key(2)))
})

t.test(
  'the initial values of a name and a seed never change: a run of an earlier version starts as it did',
  async (t) => {
    const named = { blocks: [{ weight: parameter([3], gaussian(1)) }] }
    const [leaf] = leavesOf(named)
    t.equal(leaf?.name, 'blocks.0.weight')
    t.strictSame(
      leaf && initialOf(key(42))(leaf),
      Float64Array.of(0.22753587428759325, 0.16665324445616927, 0.5284932391613286),
    )
  },
)

t.test('padding between the parameters is zero, and no arbitrary parameter is', async (t) => {
  const theta = arbitrary(spec)(key(3))
  t.equal(theta.filter((x) => x !== 0).length, 99)
})

t.test('the codec names missing, unknown and misshapen parameters', async (t) => {
  const file = encode(spec)(init(spec)(key(1)))
  const { table, ...rest } = file
  t.same(decode(spec)(rest), E.left('tensor "table" [9, 2] is missing'))
  t.same(
    decode(spec)({ ...rest, tabel: { shape: [1], values: Float32Array.of(1) } }),
    E.left('tensor "table" [9, 2] is missing, and "tabel" is not a parameter of this model'),
  )
  t.same(
    decode(spec)({ ...file, more: { shape: [1], values: Float32Array.of(1) } }),
    E.left('tensor "more" is not a parameter of this model'),
  )
  t.same(
    decode(spec)({ ...file, table: { shape: [18], values: new Float32Array(18) } }),
    E.left('tensor "table" has shape [18], but this model has [9, 2]'),
  )
})

/** .npz files as NumPy writes them (spec/fixtures/evaluation.py), ours as NumPy reads them, and what can be wrong with one. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zipSync } from 'fflate'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { decodeNpy, encodeNpy, type NpyArray } from '../../src/io/npy.ts'
import { loadNpz, saveNpz } from '../../src/io/npz.ts'
import known from '../fixtures/evaluation.json' with { type: 'json' }

const read = async (path: string, wanted?: (name: string) => boolean) => {
  const found = await loadNpz(path, wanted)()
  if (E.isLeft(found)) throw new Error(found.left)
  return found.right
}
const refusal = async (path: string): Promise<string> => {
  const found = await loadNpz(path)()
  return E.isLeft(found) ? found.left : 'it was read'
}

t.test('statistics of pytorch-fid and EDM: stored, float64', async (t) => {
  const [first] = known.frechet
  const found = await read('spec/fixtures/statistics.npz')
  t.same(found.get('mu'), { shape: [5], values: Float64Array.from(first?.mean ?? []) })
  t.same(found.get('sigma'), { shape: [5, 5], values: Float64Array.from(first?.covariance ?? []) })
  t.equal(found.size, 2)
})

t.test("pictures of ADM: deflated; of other types, and in Fortran's order", async (t) => {
  const found = await read('spec/fixtures/pictures.npz', (name) => name !== 'text')
  t.same(found.get('arr_0'), { shape: [2, 4, 4, 3], values: Uint8Array.from({ length: 96 }, (_, i) => i) })
  t.same(found.get('single'), { shape: [2], values: Float32Array.of(0.5, -1) })
  t.same(found.get('half'), { shape: [1, 1], values: Float32Array.of(0.25) })
  t.same(found.get('whole'), { shape: [2, 1], values: Float64Array.of(-3, 2 ** 40) })
  t.same(found.get('turned'), { shape: [2, 3], values: Float64Array.of(0, 1, 2, 3, 4, 5) })
  t.same(found.get('scalar'), { shape: [], values: Float64Array.of(7) })
  t.same([...(await read('spec/fixtures/pictures.npz', (name) => name === 'scalar')).keys()], ['scalar'])
  t.match(
    await refusal('spec/fixtures/pictures.npz'),
    /pictures\.npz: array "text": its numbers are of type "<U1": expected one of <f8, /,
  )
})

const ours = new Map<string, NpyArray>([
  ['mu', { shape: [2], values: Float64Array.of(Math.PI, -1e-300) }],
  ['sigma', { shape: [2, 2], values: Float64Array.of(1, 2, 3, Number.POSITIVE_INFINITY) }],
  ['single', { shape: [1, 3, 1], values: Float32Array.of(1.5, 2, -3) }],
  ['bytes', { shape: [2], values: Uint8Array.of(0, 255) }],
  ['none', { shape: [0, 4], values: new Float64Array() }],
  ['one', { shape: [], values: Float64Array.of(2) }],
])

t.test('what is written is read again, and equal arrays give equal files', async (t) => {
  const [a, b] = ['a.npz', 'b.npz'].map((name) => join(t.testdir(), name))
  if (a === undefined || b === undefined) throw new Error('two paths')
  t.ok(E.isRight(await saveNpz(a, ours)()) && E.isRight(await saveNpz(b, ours)()))
  t.same(await read(a), ours)
  t.ok((await readFile(a)).equals(await readFile(b)))
})

const python = '/usr/bin/python3'
const run = promisify(execFile)
const missing = await run(python, ['-c', 'import numpy']).then(
  () => false,
  () => `${python} has no NumPy`,
)

t.test('NumPy reads what is written', { skip: missing }, async (t) => {
  const path = join(t.testdir(), 'ours.npz')
  await saveNpz(path, new Map([...ours].filter(([name]) => name !== 'sigma')))()
  const { stdout } = await run(python, ['spec/fixtures/evaluation.py', path])
  t.same(JSON.parse(stdout), {
    mu: { dtype: 'float64', shape: [2], values: [Math.PI, -1e-300] },
    single: { dtype: 'float32', shape: [1, 3, 1], values: [1.5, 2, -3] },
    bytes: { dtype: 'uint8', shape: [2], values: [0, 255] },
    none: { dtype: 'float64', shape: [0, 4], values: [] },
    one: { dtype: 'float64', shape: [], values: [2] },
  })
})

t.test('a file that is none, or torn, or lies about its sizes, is refused in one sentence', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'wrong.npz')
  const whole = await readFile('spec/fixtures/statistics.npz')
  await writeFile(path, whole.subarray(0, 500))
  t.match(await refusal(path), /wrong\.npz: it is not a \.npz file, or it is torn: /)
  await writeFile(path, 'text')
  t.match(await refusal(path), /wrong\.npz: it is not a \.npz file, or it is torn: /)
  t.match(await refusal(join(folder, 'none.npz')), /^cannot read .*none\.npz: no such file or folder$/)
  // the size of the unpacked array in the central directory, which fflate trusts
  const zip = zipSync({ 'x.npy': encodeNpy({ shape: [2], values: Float64Array.of(1, 2) }) })
  const directory = Buffer.from(zip).indexOf('PK\x01\x02')
  new DataView(zip.buffer, zip.byteOffset).setUint32(directory + 24, 4e9, true)
  await writeFile(path, zip)
  t.match(await refusal(path), /array "x": \d+ bytes cannot hold the 4000000000 that it says$/)
})

t.test('an array whose header is wrong is refused', async (t) => {
  const good = encodeNpy({ shape: [2, 1], values: Float32Array.of(1, 2) })
  const wrong = (bytes: Uint8Array): string =>
    E.match(
      (why: string) => why,
      () => 'it was read',
    )(decodeNpy(bytes))
  const replaced = (from: string, to: string): Uint8Array =>
    Uint8Array.from(Buffer.from(Buffer.from(good).toString('latin1').replace(from, to), 'latin1'))
  t.equal(wrong(good.subarray(0, good.length - 1)), '[2, 1] of F32 take 8 bytes, but 7 follow its header')
  t.equal(
    wrong(good.subarray(0, 20)),
    'it is not an array of NumPy, or cut short: its header would end at byte 128 of 20',
  )
  t.equal(wrong(good.subarray(0, 8)), 'it is not an array of NumPy')
  t.match(wrong(replaced("'<f4'", "'>f4'")), /^its numbers are of type ">f4": expected one of <f8/)
  t.match(wrong(replaced("'shape'", "'shade'")), /^it is not an array of NumPy: its header is /)
  t.match(wrong(replaced('\x93NUMPY\x01', '\x93NUMPY\x09')), 'its format is version 9: expected 1, 2 or 3')
  t.throws(
    () => encodeNpy({ shape: [3], values: Float64Array.of(1) }),
    /^\[3\] has 3 elements, but 1 values were given$/,
  )
})

/** Examples of files that are read and written slice by slice, with the memory that they take counted. */
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { ContentError } from '../../src/io/atomic.ts'
import type { Opener } from '../../src/io/opener.ts'
import { encode, type SafeTensors, type Stored, type Writable } from '../../src/io/safetensors.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { type MadeTensor, saveTensors, sliceBytes, type TensorFile, withTensors } from '../../src/io/tensorFile.ts'

const folder = await mkdtemp(join(tmpdir(), 'diffit-tensor-file-'))
t.teardown(() => rm(folder, { recursive: true }))
const path = join(folder, 'a.safetensors')

const filled = (dtype: Writable, n: number): Stored<Writable> => ({
  dtype,
  shape: [n],
  values: Float32Array.from({ length: n }, (_, i) => i % 251),
})
/** Two tensors of several slices each, a small one and one of nothing. */
const file: SafeTensors<Writable> = {
  metadata: { step: '1' },
  tensors: new Map([
    ['half', filled('F16', sliceBytes + 5)],
    ['small', { dtype: 'F64', shape: [1, 2], values: Float64Array.of(Math.PI, -0) }],
    ['none', { dtype: 'F32', shape: [0, 3], values: new Float32Array(0) }],
    ['single', filled('F32', sliceBytes / 2 + 1)],
  ]),
}
const bytes = ((encoded) => (E.isRight(encoded) ? encoded.right : new Uint8Array()))(encode(file))

/** What is read into, and what is written, while a file is open. */
const counted = (): { readonly opener: Opener; readonly rooms: Set<ArrayBufferLike>; readonly written: number[] } => {
  const [rooms, written] = [new Set<ArrayBufferLike>(), [] as number[]]
  const opener: Opener = async (at, flags) => {
    const real = await open(at, flags)
    return {
      stat: () => real.stat(),
      readFile: () => real.readFile(),
      read: (into, offset, length, position) => {
        rooms.add(into.buffer)
        return real.read(into, offset, length, position)
      },
      writeFile: (piece) => {
        written.push(piece.length)
        return real.writeFile(piece)
      },
      sync: () => real.sync(),
      close: () => real.close(),
    }
  }
  return { opener, rooms, written }
}

const whole = async (from: TensorFile, name: string): Promise<readonly number[]> => {
  const out: number[] = []
  for await (const { from: at, values } of from.slices(name)) {
    if (at !== out.length) throw new Error(`a slice begins at ${at}, after ${out.length} elements`)
    for (const x of values) out.push(x)
  }
  return out
}

t.test('slices joined are the tensors; beside them there is one room, for one slice', async (t) => {
  await writeFile(path, bytes)
  const { opener, rooms } = counted()
  const read = await withTensors(
    path,
    async (from) => {
      t.same(from.metadata, { step: '1' })
      t.same([...from.entries.keys()], [...file.tensors.keys()])
      for (const [name, { dtype, shape, values }] of file.tensors) {
        t.same(from.entries.get(name), { dtype, shape })
        t.ok(
          Buffer.from(Float64Array.from(await whole(from, name)).buffer).equals(
            Buffer.from(Float64Array.from(values).buffer),
          ),
        )
      }
      return E.right('done')
    },
    opener,
  )()
  t.same(read, E.right('done'))
  const sizes = [...rooms].map((room) => room.byteLength).sort((a, b) => b - a)
  t.equal(sizes[0], sliceBytes)
  t.ok(sizes.slice(1).reduce((a, b) => a + b, 0) < 2000, 'and the header')
})

t.test('a tensor in the middle is read alone, twice too, and one that is not there is an error', async (t) => {
  await writeFile(path, bytes)
  const twice = await withTensors(path, async (from) =>
    E.right([await whole(from, 'small'), await whole(from, 'small')]),
  )()
  t.strictSame(
    twice,
    E.right([
      [Math.PI, -0],
      [Math.PI, -0],
    ]),
  )
  t.same(
    await withTensors(path, async (from) => E.right(await whole(from, 'smal')))(),
    E.left(`cannot read ${path}: there is no tensor "smal"`),
  )
  t.same(await withTensors(path, async () => E.left('it is of no use'))(), E.left(`${path}: it is of no use`))
})

const made = (all: SafeTensors<Writable>, sliced: number): readonly MadeTensor[] =>
  [...all.tensors].map(([name, { dtype, shape, values }]) => ({
    name,
    dtype,
    shape,
    async *slices() {
      // one room for all slices
      const room = new Float64Array(sliced)
      for (let from = 0; from < values.length; from += sliced) {
        const slice = values.subarray(from, from + sliced)
        room.set(slice)
        yield room.subarray(0, slice.length)
      }
    },
  }))

t.test('written slice by slice is written at once, byte for byte, never more than a slice at a time', async (t) => {
  const { opener, written } = counted()
  t.same(
    await saveTensors(path, { metadata: file.metadata, tensors: made(file, 2 ** 18) }, opener)(),
    E.right(undefined),
  )
  t.ok((await readFile(path)).equals(bytes))
  t.ok(Math.max(...written) <= 2 ** 18 * 8)
  t.equal((await load(path)())._tag, 'Right')
})

t.test('a failure of what makes the values is an error of one sentence, and the old file stays', async (t) => {
  await writeFile(path, 'old')
  const failing = (error: Error): MadeTensor => ({
    name: 'x',
    dtype: 'F32',
    shape: [2],
    *slices() {
      yield Float32Array.of(1)
      throw error
    },
  })
  const save = (tensor: MadeTensor) => saveTensors(path, { metadata: {}, tensors: [tensor] })()
  t.same(await save(failing(new Error('no more'))), E.left('tensor "x": no more'))
  t.same(await save(failing(new ContentError('b is damaged'))), E.left('b is damaged'))
  t.same(
    await save({ name: 'x', dtype: 'F32', shape: [2, 2], slices: () => [Float32Array.of(1, 2), Float32Array.of(3)] }),
    E.left('tensor "x": [2, 2] has 4 elements, but 3 values were given'),
  )
  t.equal(await readFile(path, 'utf8'), 'old')
  t.same(await readdir(folder), ['a.safetensors'])
})

t.test('pickles are refused by name and by content, with the command that converts them', async (t) => {
  const contents: readonly (readonly [name: string, content: Uint8Array])[] = [
    ['zip.safetensors', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 8, 8, 0, 0)],
    ['protocol2.safetensors', Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9)],
    ...['model.pth', 'model.ckpt', 'model.pt', 'model.bin', 'model.PKL'].map((name) => [name, bytes] as const),
  ]
  for (const [name, content] of contents) {
    const at = join(folder, name)
    await writeFile(at, content)
    for (const read of [load(at), withTensors(at, async () => E.right(null))]) {
      const result = await read()
      const said = E.isLeft(result) ? result.left : 'read'
      t.ok(
        said.startsWith(
          `${at}: a pickle, which could run any code when it is read, so it never is: convert it with python3 -c`,
        ),
        name,
      )
      t.match(said, `torch.load('${at}', 'cpu', weights_only=True)`)
      t.notOk(said.includes(`'${name}')"`), 'into a file of another name')
    }
  }
  t.same(await load(join(folder, 'no.pth'))(), E.left(`cannot read ${join(folder, 'no.pth')}: no such file or folder`))
})

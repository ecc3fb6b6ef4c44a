/** Laws of the cache of latents, and of the stream that is read from it. The encoder is arithmetic: no network is compiled. */
import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { right } from '../spec/data/dataset.ts'
import { normalised, sampled } from '../src/autoencoder/latents.ts'
import { element } from '../src/codec/element.ts'
import { batches, examples, mirrored, ofLatents, places } from '../src/data/batches.ts'
import { type Dataset, dataset } from '../src/data/dataset.ts'
import { type Encoding, encodeLatents } from '../src/data/latents/encodeLatents.ts'
import { openLatents } from '../src/data/latents/latents.ts'
import { layoutOf } from '../src/data/latents/layout.ts'
import { trainingPictures } from '../src/data/trainingPictures.ts'
import { sealed } from '../src/io/contentHash.ts'
import { load, save } from '../src/io/safetensorsFile.ts'
import { fold, key } from '../src/random/key.ts'

/** More pictures than two shards hold, 4 x 4 pixels of one channel, in two classes of which one may be mirrored. */
const count = 700
const pictures = (seed = 0): Dataset =>
  dataset({
    name: 'pictures',
    classes: ['one', 'other'],
    channels: 1,
    size: 4,
    pixels: Uint8Array.from({ length: count * 16 }, (_, i) => (i * 31 + Math.floor(i / 16) * 7 + seed) % 256),
    labels: Uint8Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 1 : 0)),
    flips: [true, false],
    balanced: true,
  })

/** Latents [2, 2, 2] of a picture: its corners of four pixels, weighted so that those of the mirrored one are others. */
const momentsOf = (picture: Float32Array) => {
  const at = (y: number, x: number): number => element(picture, y * 4 + x)
  const mean = Float32Array.from({ length: 8 }, (_, i) => {
    const [y, x, c] = [2 * Math.floor(i / 4), 2 * (Math.floor(i / 2) % 2), i % 2]
    return c === 0 ? 3 * at(y, x) + at(y, x + 1) : at(y + 1, x) - 2 * at(y + 1, x + 1) + 5
  })
  return { mean: Float32Array.from(new Float16Array(mean)), logVariance: new Float32Array(8).fill(-2) }
}

const encoder = (contentHash = 'ours'): Encoding['encoder'] => ({
  contentHash,
  latents: { size: 2, channels: 2 },
  encode: async (all) => {
    const each = Array.from({ length: all.length / 16 }, (_, i) => momentsOf(all.subarray(i * 16, (i + 1) * 16)))
    return {
      mean: Float32Array.from(each.flatMap(({ mean }) => [...mean])),
      logVariance: Float32Array.from(each.flatMap(({ logVariance }) => [...logVariance])),
    }
  },
})

/** @param asks how often it may be asked whether to stop before it should */
const encoding = (folder: string, asks = Number.POSITIVE_INFINITY, more: Partial<Encoding> = {}) => {
  let asked = 0
  return encodeLatents({
    dataset: pictures(),
    data: 'pictures',
    encoder: encoder(),
    folder,
    onPictures: () => undefined,
    stopped: () => asked++ >= asks,
    ...more,
  })()
}

const content = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  )

t.test('encoded = stopped anywhere, with shards lost, and gone on with: byte for byte', async (t) => {
  const folder = t.testdir()
  const whole = join(folder, 'whole')
  t.same(await encoding(whole), { _tag: 'Right', right: true })
  t.equal(readdirSync(whole).length, 4, 'three shards and their manifest')
  const expected = content(whole)
  const part = join(folder, 'part')
  const { label, flips } = pictures()
  const labels = Array.from({ length: count }, (_, i) => label(i))
  const { shards } = layoutOf({ ...encoder().latents, labels, flips })
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 15 }), fc.nat({ max: 2 }), async (asks, lost) => {
      rmSync(part, { recursive: true, force: true })
      if (right(await encoding(part, asks)) || readdirSync(part).includes('latents.json')) return false
      rmSync(join(part, `shard-00000${lost}.safetensors`), { force: true })
      const there = readdirSync(part).map((name) => element(shards, Number(name.slice(6, 12))))
      const told: (readonly [done: number, all: number, now: number])[] = []
      const onPictures: Encoding['onPictures'] = (...counts) => void told.push(counts)
      const whole = right(await encoding(part, Number.POSITIVE_INFINITY, { onPictures }))
      const kept = there.reduce((sum, { from, to }) => sum + to - from, 0)
      return (
        whole &&
        isDeepStrictEqual(content(part), expected) &&
        isDeepStrictEqual(told.at(-1), [count, count, count - kept]) &&
        told.every(([done], i) => done === shards[i]?.to)
      )
    }),
    { numRuns: 8 },
  )
  rmSync(join(part, 'shard-000001.safetensors'))
  t.match(await openLatents(part)(), { left: /shard-000001\.safetensors: no such file/ })
  t.ok(right(await encoding(part)), 'one that is lost later is made again')
  t.same(content(part), expected)
})

/** What can happen to a shard; the numbers of one that was `exchanged` are others, with their own hash. */
const harm = {
  lost: (path: string) => rmSync(path),
  'cut short': (path: string) => truncateSync(path, readFileSync(path).length - 1),
  damaged: (path: string) => {
    const bytes = readFileSync(path)
    bytes[bytes.length - 100] = element(bytes, bytes.length - 100) ^ 1
    writeFileSync(path, bytes)
  },
  exchanged: async (path: string) => {
    const { metadata, tensors } = right(await load(path)())
    const moments = tensors.get('moments')
    if (moments === undefined) throw new Error('it has no moments')
    const values = Float32Array.from(moments.values, (v) => 2 * v)
    right(
      await save(path, sealed({ metadata, tensors: new Map([['moments', { ...moments, dtype: 'F16', values }]]) }))(),
    )
  },
}
const why = {
  lost: /^cannot read .*: no such file or folder; encode the pictures into its folder again/,
  'cut short': /cut short/,
  damaged: /its content is damaged: it does not have the sha256/,
  exchanged: /its content was exchanged meanwhile/,
}

t.test('a shard that is lost, cut short, damaged or exchanged while it is read is named, and made again', async (t) => {
  const home = t.testdir()
  const [folder, spare] = [join(home, 'latents'), join(home, 'spare')]
  await encoding(folder)
  const expected = content(folder)
  const path = join(folder, 'shard-000001.safetensors')
  copyFileSync(path, spare)
  for (const kind of ['lost', 'cut short', 'damaged', 'exchanged'] as const) {
    const latents = right(await openLatents(folder)())
    const first = latents.image(300)
    t.same(latents.image(300), first)
    await harm[kind](path)
    t.throws(() => latents.image(300), { name: 'DataLost', message: why[kind] }, kind)
    t.throws(() => latents.image(300), { message: /shard-000001\.safetensors: / }, 'and again')
    t.doesNotThrow(() => latents.image(0), 'others are read')
    copyFileSync(spare, path)
    t.same(latents.image(300), first, 'the same content in another file is the same')
    await harm[kind](path)
    // whoever opens it then cannot know that it was another
    if (kind === 'exchanged') continue
    t.match(await openLatents(folder)(), { left: /shard-000001\.safetensors: .*; encode the pictures/ }, kind)
    t.ok(right(await encoding(folder)))
    t.ok(isDeepStrictEqual(content(folder), expected), 'made again')
  }
})

t.test('a manifest that cannot be true is refused by what is wrong with it', async (t) => {
  const folder = t.testdir()
  await encoding(folder)
  const path = join(folder, 'latents.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8'))
  const refused = async (change: object): Promise<unknown> => {
    writeFileSync(path, JSON.stringify({ ...manifest, ...change }))
    return openLatents(folder)()
  }
  t.match(await refused({ labels: manifest.labels.with(3, 2) }), {
    left: /latents\.json: label 3 is 2: expected less than 2/,
  })
  t.match(await refused({ scale: { mean: [0], std: [1, 1] } }), {
    left: /1 means and 2 deviations: expected 2 of each/,
  })
})

t.test('latents of another autoencoder or of other pictures are refused by name', async (t) => {
  const folder = t.testdir()
  const other = { encoder: encoder('theirs') }
  for (const asks of [9, Number.POSITIVE_INFINITY]) {
    await encoding(folder, asks)
    const file = asks === 9 ? 'shard-000000.safetensors' : 'latents.json'
    t.match(await encoding(folder, asks, other), {
      left: new RegExp(`${file}: .*by another autoencoder; name another`),
    })
    t.match(await encoding(folder, asks, { dataset: pictures(1) }), {
      left: new RegExp(`${file}: .*from other pictures; name another`),
    })
  }
})

t.test(
  'the stream from the shards is that of the moments: samples with noise of their own, mirrored pictures',
  async (t) => {
    const folder = t.testdir()
    await encoding(folder)
    const [set, latents] = [pictures(), right(await openLatents(folder)())]
    const scale = latents.encoded?.scale ?? t.fail('it has no scale')
    if (scale === true || scale === false) return
    await fc.assert(
      fc.property(fc.maxSafeInteger().map(key), fc.nat({ max: 10_000 }), (k, position) => {
        const { index, isMirrored, key: own } = places(set, k)(position)
        const picture = set.image(index)
        const moments = momentsOf(isMirrored ? mirrored(picture, 4, 1) : picture)
        const z = normalised(scale)(sampled(moments, [fold(own, ofLatents)]))
        const mean = normalised(scale)(moments.mean)
        const near = (a: Float32Array, b: Float32Array | undefined): boolean =>
          b !== undefined && a.every((v, i) => Math.abs(v - element(b, i)) < 1e-5)
        const shown = examples(latents, k)(position)
        return (
          shown.label === set.label(index) &&
          near(z, shown.image) &&
          near(mean, latents.encoded && examples(latents.encoded.means, k)(position).image) &&
          near(normalised(scale)(momentsOf(picture).mean), latents.image(index))
        )
      }),
      { numRuns: 30 },
    )
    await fc.assert(
      fc.property(fc.maxSafeInteger().map(key), fc.nat({ max: 10_000 }), fc.nat({ max: 9 }), (k, from, a) => {
        const [all, some] = [batches(latents, k)(from, 10), batches(latents, k)(from + a, 10 - a)]
        return isDeepStrictEqual([...all.images].slice(a * 8), [...some.images])
      }),
      { numRuns: 10 },
    )
  },
)

t.test('what training shows has mean 0 and deviation 1 in each channel', async (t) => {
  const folder = t.testdir()
  await encoding(folder)
  const latents = right(await openLatents(folder)())
  const sums = [0, 1].map(() => ({ mean: 0, square: 0 }))
  for (const { index, mirrored: isMirrored, share } of trainingPictures(latents)) {
    const image = latents.encoded?.means.shown?.({ index, isMirrored, key: key(0) }) ?? new Float32Array()
    image.forEach((v, i) => {
      const sum = element(sums, i % 2)
      sum.mean += (share * v) / 4
      sum.square += (share * v * v) / 4
    })
  }
  sums.forEach(({ mean, square }, c) => {
    const own = Math.exp(-2) / (latents.encoded?.scale.std[c] ?? Number.NaN) ** 2
    t.ok(Math.abs(mean) < 1e-5 && Math.abs(square + own - 1) < 1e-4, `${mean}, ${square + own}`)
  })
})

t.test('records lie end to end in shards of bounded size, each place once', async () =>
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 900 }),
      fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      fc.constantFrom(2, 32, 256, 2048),
      (labels, flips, size) => {
        const { shards, views, placeOf, recordBytes } = layoutOf({ size, channels: 1, labels, flips })
        const found = labels.flatMap((_, i) =>
          Array.from({ length: views(i) }, (_, v) => {
            const { shard, record } = placeOf(i, v === 1)
            return `${shard.file} ${record}`
          }),
        )
        const expected = shards.flatMap(({ file, records }) =>
          Array.from({ length: records }, (_, record) => `${file} ${record}`),
        )
        const fits = shards.every(
          ({ from, to, records }) => to - from === 1 || (to - from <= 256 && records * recordBytes <= 32 * 2 ** 20),
        )
        return isDeepStrictEqual(found, expected) && fits && recordBytes === 4 * size * size
      },
    ),
    { numRuns: 20 },
  ),
)

/**
 * The emoji of npm `emoji-datasource-google` on white, their nine categories as classes: the default data set.
 *
 * An emoji and its skin tones are one item; emoji with identical images (some flags) are one item too, so that nothing
 * held out was trained on. The five images of "Component" are parts, not emoji, and left out. Images are decoded once
 * and cached. Licence of the images: see the package.
 */

import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { element } from '../codec/element.ts'
import { readBytes } from '../io/atomic.ts'
import { companion, emojiImages, type Sharp, sharp } from '../io/companion.ts'
import { cached, cacheFolders } from './cache.ts'
import { type Dataset, dataset, type Groups, holdOut } from './dataset.ts'
import { average } from './resize.ts'

const drawn = 64

/**
 * Mirrored flags are other flags, mirrored symbols are letters and arrows that do not exist. Objects may be mirrored:
 * a guitar or a key has no handedness; the few with writing (a calendar) are too small to read at 32 x 32.
 */
const categories: Readonly<Record<string, { readonly flip: boolean }>> = {
  Symbols: { flip: false },
  Activities: { flip: true },
  Flags: { flip: false },
  'Travel & Places': { flip: true },
  'Food & Drink': { flip: true },
  'Animals & Nature': { flip: true },
  'People & Body': { flip: true },
  Objects: { flip: true },
  'Smileys & Emotion': { flip: true },
}
const classes = Object.keys(categories)

const picture = t.type({ image: t.string, has_img_google: t.boolean })
const emojiList = t.array(
  t.intersection([
    picture,
    t.type({ category: t.string }),
    t.partial({ skin_variations: t.record(t.string, picture) }),
  ]),
)
type EmojiList = t.TypeOf<typeof emojiList>
const packageFile = t.type({ version: t.string })

/** Every image's file and class, and which images belong to one emoji. */
interface Listing {
  readonly files: readonly string[]
  readonly labels: Uint8Array
  readonly emoji: readonly { readonly label: number; readonly pictures: readonly number[] }[]
}

const listing = (list: EmojiList): Listing => {
  const items = list
    .map((e) => ({
      label: classes.indexOf(e.category),
      files: [e, ...Object.values(e.skin_variations ?? {})].filter((p) => p.has_img_google).map((p) => p.image),
    }))
    .filter(({ label, files }) => label >= 0 && files.length > 0)
  let count = 0
  return {
    files: items.flatMap(({ files }) => files),
    labels: Uint8Array.from(items.flatMap(({ label, files }) => files.map(() => label))),
    emoji: items.map(({ label, files }) => ({ label, pictures: files.map(() => count++) })),
  }
}

/** Emoji with identical images are one item, each image once. */
const items = ({ emoji }: Listing, pixels: Uint8Array, each: number): Groups => {
  const groups = classes.map((): number[][] => [])
  const home = new Map<string, number[]>()
  for (const { label, pictures } of emoji) {
    const named = pictures.map((i) => {
      const content = createHash('sha1').update(pixels.subarray(i * each, (i + 1) * each))
      return { i, name: `${label} ${content.digest('hex')}` }
    })
    const known = named.map(({ name }) => home.get(name)).find((group) => group !== undefined)
    const group = known ?? []
    if (known === undefined) groups[label]?.push(group)
    for (const { i, name } of named)
      if (!home.has(name)) {
        home.set(name, group)
        group.push(i)
      }
  }
  return groups
}

/** One image on white, [size, size, 3]. */
const decode = async (sharp: Sharp, path: string, size: number): Promise<Uint8Array> => {
  const { data, info } = await sharp(path)
    .ensureAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  if (info.width !== drawn || info.height !== drawn || info.channels !== 4)
    throw new Error(`it is ${info.width} x ${info.height}, expected ${drawn} x ${drawn}`)
  const onWhite = new Uint8Array(drawn * drawn * 3)
  for (let p = 0; p < drawn * drawn; p++) {
    const alpha = element(data, 4 * p + 3) / 255
    for (let c = 0; c < 3; c++) onWhite[3 * p + c] = Math.round(255 + alpha * (element(data, 4 * p + c) - 255))
  }
  return average(onWhite, drawn, size, 3)
}

const decodeAll = (
  sharp: Sharp,
  folder: string,
  files: readonly string[],
  size: number,
): TE.TaskEither<string, Uint8Array> => {
  const each = size * size * 3
  const out = new Uint8Array(files.length * each)
  const one = (file: string, i: number): TE.TaskEither<string, void> =>
    TE.tryCatch(
      async () => out.set(await decode(sharp, join(folder, file), size), i * each),
      (error) =>
        `cannot read the emoji ${join(folder, file)}: ${error instanceof Error ? error.message : String(error)}`,
    )
  const chunk = 64
  return pipe(
    Array.from({ length: Math.ceil(files.length / chunk) }, (_, n) => n * chunk),
    TE.traverseSeqArray((start) =>
      TE.traverseArray(([file, i]: readonly [string, number]) => one(file, i))(
        files.slice(start, start + chunk).map((file, j) => [file, start + j]),
      ),
    ),
    TE.map(() => out),
  )
}

const json = <A>(path: string, codec: t.Type<A, unknown>): TE.TaskEither<string, A> =>
  pipe(
    readBytes(path),
    TE.chainEitherK((bytes) =>
      E.tryCatch(
        (): unknown => JSON.parse(new TextDecoder().decode(bytes)),
        () => `${path} is not JSON`,
      ),
    ),
    TE.chainEitherK((raw) =>
      E.mapLeft(() => `${path} is not the ${codec.name} of ${emojiImages.name}`)(codec.decode(raw)),
    ),
  )

/** The folder of the image package. */
export const installed: TE.TaskEither<string, string> = companion('the data set emoji')(emojiImages)

/**
 * All emoji as images of size x size pixels of 3 channels, in nine classes; the error is one sentence.
 * @param size height and width, at most 64 pixels
 * @param caches where decoded images are kept: by default next to the package
 */
export const emoji = (size: number, caches?: readonly string[]): TE.TaskEither<string, Dataset> =>
  pipe(
    Number.isInteger(size) && size >= 1 && size <= drawn
      ? installed
      : TE.left(`emoji are drawn at ${drawn} x ${drawn}: expected a size of at most ${drawn}, found ${size}`),
    TE.bindTo('folder'),
    TE.bind('version', ({ folder }) => json(join(folder, 'package.json'), packageFile)),
    TE.bind('list', ({ folder }) => pipe(json(join(folder, 'emoji.json'), emojiList), TE.map(listing))),
    TE.bind('pixels', ({ folder, version: { version }, list }) => {
      const images = join(folder, 'img', 'google', String(drawn))
      const make = pipe(
        companion('reading emoji')(sharp),
        TE.chain((sharp) => decodeAll(sharp, images, list.files, size)),
      )
      return cached(caches ?? cacheFolders(dirname(folder)), `emoji-${version}-${size}-${list.files.length}.bin`, make)
    }),
    TE.map(({ list, pixels }) =>
      dataset({
        name: 'emoji',
        classes,
        channels: 3,
        size,
        flips: classes.map((c) => categories[c]?.flip ?? false),
        balanced: true,
        split: holdOut(items(list, pixels, size * size * 3)),
        notices: [],
        pixels,
        labels: list.labels,
      }),
    ),
  )

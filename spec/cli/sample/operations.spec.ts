/** Operations on images from the command line's options to the pixels of what they write. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { Failure } from '../../../src/cli/errors.ts'
import { filmstrip } from '../../../src/cli/sample/filmstrip.ts'
import { img2img } from '../../../src/cli/sample/img2img.ts'
import { inpaint } from '../../../src/cli/sample/inpaint.ts'
import { interpolate } from '../../../src/cli/sample/interpolate.ts'
import { sample } from '../../../src/cli/sample/sample.ts'
import type { SamplingReading } from '../../../src/cli/samplingProgress.ts'
import { cellsOf, greyPicture, known, trained } from './trained.ts'

const folder = t.testdir()
const run = await trained(folder)
const usual = { run, backend: 'cpu', threads: 1, steps: 4, guidance: 2, seed: 3 } as const
const silent = (): void => undefined
const unseen = { show: silent, stop: silent }
const inFolder = (name: string): string => join(folder, name)

const shades = [0, 40, 80, 120, 160, 200, 240, 255, 7, 6, 5, 4, 3, 2, 1, 0]
const image = await greyPicture(inFolder('image.png'), shades)
const given = shades.join()
/** The right half is painted; 127 is kept. */
const mask = await greyPicture(inFolder('mask.png'), Array.from({ length: 4 }, () => [0, 127, 128, 255]).flat())
const kept = (cell = ''): string =>
  cell
    .split(',')
    .filter((_, i) => i % 4 < 2)
    .join()
const painted = (cell = ''): string =>
  cell
    .split(',')
    .filter((_, i) => i % 4 >= 2)
    .join()

/** What `sample` draws. */
const plain = async (more: object = {}, columns = 2) => {
  const out = await sample({ ...usual, count: columns, out: inFolder('plain.png'), ...more }, silent, unseen, known)
  return cellsOf(out, { rows: 'class' in more ? 1 : 2, columns })
}

/** The sentence with which a command fails. */
const sentence = async (going: Promise<unknown>): Promise<string> =>
  going.then(
    () => 'it did not fail',
    (error) => (error instanceof Failure ? error.message : `a defect: ${error}`),
  )

t.test('img2img: the picture, then images of it for each class; strength 0 is the picture itself', async (t) => {
  const said: string[] = []
  const shown: SamplingReading[] = []
  const drawn = async (strength: number) => {
    const o = { ...usual, image, strength, count: 2, out: inFolder('i.png') }
    const show = (reading: SamplingReading) => shown.push(reading)
    const out = await img2img(o, (line) => said.push(line), { ...unseen, show }, known)
    return cellsOf(out, { rows: 2, columns: 3 })
  }
  t.same(await drawn(0), [
    [given, given, given],
    [given, given, given],
  ])
  t.match(said, ['strength 0: the last 0 of 4 steps', /i\.png: 4 images from step 6, /])
  const half = await drawn(0.5)
  t.same(
    shown.map(({ step, steps, images }) => [step, steps, images]),
    [
      [1, 2, 4],
      [2, 2, 4],
    ],
  )
  t.same([half[0]?.[0], half[1]?.[0]], [given, given])
  t.equal(new Set(half.flat()).size, 5, 'each image has noise of its own')
  t.same(await drawn(0.74), half, 'the same last steps')
  t.notSame(await drawn(1), half)
})

t.test('img2img: at strength 1 a grey picture is as good as none: the images are those of sample', async (t) => {
  const grey = await greyPicture(inFolder('grey.png'), Array(16).fill(128))
  const o = { ...usual, image: grey, strength: 1, count: 2, out: inFolder('i.png') }
  const cells = await cellsOf(await img2img(o, silent, unseen, known), { rows: 2, columns: 3 })
  const numbers = (rows: readonly (readonly string[])[]) => rows.flat().flatMap((cell) => cell.split(',').map(Number))
  const [made, drawn] = [numbers(cells.map((row) => row.slice(1))), numbers(await plain())]
  t.equal(made.length, drawn.length)
  t.ok(
    made.every((v, i) => Math.abs(v - (drawn[i] ?? Number.NaN)) <= 2),
    `${made}; ${drawn}`,
  )
})

t.test('inpaint: kept pixels are those of the picture, in every image; painted ones are new', async (t) => {
  const shown: SamplingReading[] = []
  const drawn = async (more: object) => {
    const o = { ...usual, image, mask, count: 2, out: inFolder('p.png'), ...more }
    const show = (reading: SamplingReading) => shown.push(reading)
    return cellsOf(await inpaint(o, silent, { ...unseen, show }, known), { rows: 2, columns: 4 })
  }
  const cells = await drawn({})
  t.equal(shown.length, 4 + 3 * 3, 'four times through all steps but the last')
  for (const [first, blank, ...images] of cells) {
    t.equal(first, given)
    t.equal(kept(blank), kept(given))
    t.equal(painted(blank), Array(8).fill(128).join())
    t.equal(images.length, 2)
    for (const one of images) {
      t.equal(kept(one), kept(given))
      t.not(painted(one), painted(given))
    }
  }
  t.equal(new Set(cells.flatMap((row) => row.slice(2))).size, 4)
  t.notSame(await drawn({ resample: 2 }), cells, '--resample')
  t.notSame(await drawn({ jump: 2 }), cells, '--jump')
  const white = await greyPicture(inFolder('white.png'), Array(16).fill(255))
  const all = await drawn({ mask: white, resample: 1 })
  t.same(
    all.map((row) => row.slice(2)),
    await plain(),
    'all painted, once: what sample draws',
  )
})

t.test('interpolate: from one seed to another, for each class; its ends are what sample draws', async (t) => {
  const { seed, ...unseeded } = usual
  const o = { ...unseeded, fromSeed: 3, toSeed: 8, count: 3, out: inFolder('b.png') }
  const cells = await cellsOf(await interpolate(o, silent, unseen, known), { rows: 2, columns: 3 })
  const [first, last] = [await plain({ seed }, 1), await plain({ seed: 8 }, 1)]
  t.same(
    cells.map((row) => [row[0], row[2]]),
    first.map((row, i) => [row[0], last[i]?.[0]]),
  )
  t.equal(new Set(cells.flat()).size, 6)
  const one = await interpolate({ ...o, class: 'columns' }, silent, unseen, known)
  t.same(await cellsOf(one, { rows: 1, columns: 3 }), cells.slice(1))
})

t.test('interpolate: from one class to another', async (t) => {
  const said: string[] = []
  const o = { ...usual, class: 'columns, rows', count: 4, out: inFolder('b.png') }
  const [cells = []] = await cellsOf(await interpolate(o, (line) => said.push(line), unseen, known), {
    rows: 1,
    columns: 4,
  })
  const [[rows] = [], [columns] = []] = await plain({}, 1)
  t.same([cells[0], cells[3]], [columns, rows])
  t.equal(new Set(cells).size, 4)
  t.match(said, [/b\.png: 4 images from step 6, /])
  const { seed, ...unseeded } = o
  const seeds = { ...unseeded, fromSeed: seed, toSeed: 8, count: 2 }
  const [both] = await cellsOf(await interpolate(seeds, silent, unseen, known), { rows: 1, columns: 2 })
  t.same(both, [columns, (await plain({ seed: 8 }, 1))[0]?.[0]], 'and from one seed to another')
})

t.test('filmstrip: states and estimates of each image, the last of them what sample draws', async (t) => {
  const said: string[] = []
  const o = { ...usual, count: 2, frames: 3, out: inFolder('f.png'), animation: inFolder('f.gif') }
  const [strip, film] = await filmstrip(o, (line) => said.push(line), unseen, known)
  t.match(said, [/f\.png: 4 images from step 6, /, /f\.gif: its animation$/])
  const cells = await cellsOf(strip, { rows: 8, columns: 3 })
  const images = (await plain()).flat()
  t.same(
    cells.map((row) => row[2]),
    images.flatMap((one) => [one, one]),
  )
  t.equal(new Set(cells.map((row) => row[0])).size, 8)
  const { pages = 0, delay = [], loop, format } = await sharp(film, { animated: true }).metadata()
  t.match({ format, loop, last: delay.at(-1) }, { format: 'gif', loop: 0, last: 1600 })
  // 80 is all noise beside images of deviation 0.5
  t.equal(pages, 4 + 1 - 1 - 1)
})

t.test('filmstrip: beside the strip is the animation, of the classes named', async (t) => {
  const o = { ...usual, class: 'columns,rows', steps: 1, out: inFolder('g.PNG') }
  const [strip, film] = await filmstrip(o, silent, unseen, known)
  t.equal(film, inFolder('g.webp'))
  const [rows = [], columns = []] = await plain({ steps: 1 }, 1)
  const cells = await cellsOf(strip, { rows: 4, columns: 2 })
  t.same([cells[1]?.[1], cells[3]?.[1]], [columns[0], rows[0]])
  t.equal((await sharp(film, { animated: true }).metadata()).pages, 2)
  t.same(await cellsOf(film, { rows: 2, columns: 1, scale: 32, page: 1 }), [columns, rows], 'without loss')
})

t.test("without --out they are in the run's samples", async (t) => {
  const { seed, ...unseeded } = usual
  const few = { ...usual, steps: 1, count: 1 }
  await img2img({ ...few, image }, silent, unseen, known)
  await inpaint({ ...few, image, mask }, silent, unseen, known)
  await interpolate({ ...few, count: 2, class: 'rows,columns' }, silent, unseen, known)
  await interpolate({ ...unseeded, steps: 1, fromSeed: seed, toSeed: -4, count: 2 }, silent, unseen, known)
  await filmstrip(few, silent, unseen, known)
  const written = readdirSync(join(run, 'samples')).filter((name) => !name.startsWith('step-'))
  t.same(written.sort(), [
    'filmstrip-seed-3.png',
    'filmstrip-seed-3.webp',
    'img2img-seed-3.png',
    'inpaint-seed-3.png',
    'interpolate-seed-3.png',
    'interpolate-seeds-3--4.png',
  ])
})

t.test('a picture of another size is fitted, and the line says how', async (t) => {
  const wide = inFolder('wide.png')
  await sharp({ create: { width: 12, height: 8, channels: 3, background: '#888' } })
    .png()
    .toFile(wide)
  const said: string[] = []
  const say = (line: string) => said.push(line)
  await img2img({ ...usual, image: wide, strength: 0, count: 1, out: inFolder('w.png') }, say, unseen, known)
  t.equal(said[0], `${wide}: 12 x 8, cut to a square and resized to 4 x 4`)
})

t.test('what is wrong with pictures is one sentence', async (t) => {
  const text = inFolder('text.png')
  writeFileSync(text, 'no picture')
  const large = await greyPicture(inFolder('large.png'), Array(64).fill(255), 8)
  const black = await greyPicture(inFolder('black.png'), Array(16).fill(127))
  const img = (more: object) => sentence(img2img({ ...usual, image, ...more }, silent, unseen, known))
  const paint = (more: object) => sentence(inpaint({ ...usual, image, mask, ...more }, silent, unseen, known))
  t.match(await img({ image: inFolder('none.png') }), /none\.png: no such file or folder$/)
  t.match(await img({ image: folder }), `${folder}: `)
  t.match(await img({ image: text }), /text\.png: .*unsupported image format/)
  t.equal(await img({ out: image }), `--out ${image} is one of the pictures that are read: name another file`)
  t.match(await img({ count: 1e9 }), /^--count 1000000000: 2000000000 images need about /)
  t.equal(await paint({ mask: large }), `${large} is 8 x 8: expected 4 x 4, the size of ${image}`)
  t.equal(await paint({ mask: black }), `${black} is black all over: expected white where the image is to be painted`)
  t.match(await paint({ mask: text }), /text\.png: /)
  t.match(await paint({ out: mask }), /^--out .* is one of the pictures that are read/)
})

t.test('what is wrong with classes and ends is one sentence', async (t) => {
  const img = (name: string) => sentence(img2img({ ...usual, image, class: name }, silent, unseen, known))
  t.equal(await img('colums'), 'unknown class "colums": did you mean "columns"?')
  const { seed, ...unseeded } = usual
  const between = (o: object) => sentence(interpolate({ ...unseeded, ...o }, silent, unseen, known))
  const wanted = 'expected --from-seed and --to-seed, or two classes, --class A,B'
  t.equal(await between({}), `one end only: ${wanted}`)
  t.equal(await between({ class: 'rows' }), `one end only: ${wanted}`)
  t.equal(await between({ fromSeed: 1 }), `--to-seed is missing: ${wanted}`)
  t.equal(await between({ toSeed: 1 }), `--from-seed is missing: ${wanted}`)
  t.equal(await between({ fromSeed: 1, toSeed: 2, seed }), '--seed 3 beside --from-seed and --to-seed: expected either')
  t.equal(
    await between({ class: 'rows,columns,rows' }),
    '--class rows,columns,rows names 3 classes: expected two, or one between two seeds',
  )
  t.equal(await between({ class: 'rows,colums' }), 'unknown class "colums": did you mean "columns"?')
})

t.test('an unconditional model has one row, and no classes', async (t) => {
  const other = await trained(t.testdir(), {
    model: { model: 'convnet', side: 4, channels: 1, hidden: 4, classes: null },
  })
  const o = { ...usual, run: other }
  const out = await img2img({ ...o, image, strength: 0, count: 1, out: inFolder('u.png') }, silent, unseen, known)
  t.same(await cellsOf(out, { rows: 1, columns: 2 }), [[given, given]])
  t.equal(
    await sentence(filmstrip({ ...o, class: 'rows' }, silent, unseen, known)),
    '--class rows: this model is unconditional',
  )
})

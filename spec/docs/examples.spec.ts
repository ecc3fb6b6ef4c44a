/** The programs of docs/examples as a user would run them, at toy size: they type-check, and each does what it says. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import sharp from 'sharp'
import t from 'tap'
import { train } from '../../src/cli/train.ts'
import { config, quiet } from '../cli/tiny.ts'
import { idxFile } from '../data/files.ts'
import { outside } from './outside.ts'

const folder = 'docs/examples'
const programs = (await readdir(folder)).filter((name) => name.endsWith('.ts'))
const there = await outside()
t.teardown(there.remove)
for (const name of programs) await there.file(name, await readFile(join(folder, name), 'utf8'))

/** What a program prints. */
const said = async (name: string, ...args: readonly string[]): Promise<string> =>
  (await there.run(name, ...args)).stdout

/** The numbers after a word in each line that has it, in order. */
const numbersAfter = (word: string, text: string): readonly number[] =>
  [...text.matchAll(new RegExp(`${word} ([-\\d.e]+)`, 'g'))].map(([, number]) => Number(number))

const first = (numbers: readonly number[]): number => numbers[0] ?? Number.NaN
const last = (numbers: readonly number[]): number => numbers.at(-1) ?? Number.NaN

t.test('each is at most 60 lines and says how it is run; the table lists them all', async (t) => {
  const table = await readFile(join(folder, 'README.md'), 'utf8')
  const listed = [...table.matchAll(/^\| \[([\w-]+\.ts)\]\(\1\) \|/gm)].map(([, name]) => name)
  t.strictSame(listed.toSorted(), programs.toSorted())
  for (const name of programs) {
    const code = await readFile(join(folder, name), 'utf8')
    t.ok(code.trimEnd().split('\n').length <= 60, `${name} is short`)
    t.match(
      code,
      new RegExp(`^/\\*\\*\\n \\* .*\\n( \\*.*\\n)* \\* {3}.*node ${name}[^]*?\\*/\\n`),
      `${name} has its command`,
    )
  }
})

t.test('they type-check', (t) => t.resolves(there.check(programs)))

t.test('regression: the loss falls', async (t) => {
  const losses = (await said('regression.ts'))
    .trim()
    .split('\n')
    .map((line) => Number(line.split(' ')[1]))
  t.equal(losses.length, 10)
  t.ok(last(losses) < 0.01, `the last loss is ${last(losses)}`)
})

/** Four classes: the bright quarter of an image, on noise. */
const quarters = async (into: string): Promise<string> => {
  const pixel = (i: number, p: number): number => {
    const [x, y] = [Math.floor((p % 28) / 14), Math.floor(p / (28 * 14))]
    return 2 * y + x === i % 4 ? 255 : (31 * i + 17 * p) % 97
  }
  for (const [part, n] of [
    ['train', 64],
    ['t10k', 32],
  ] as const) {
    const pixels = Array.from({ length: n * 784 }, (_, j) => pixel(Math.floor(j / 784), j % 784))
    await writeFile(join(into, `${part}-images-idx3-ubyte`), idxFile([n, 28, 28], pixels))
    const labels = Array.from({ length: n }, (_, i) => i % 4)
    await writeFile(join(into, `${part}-labels-idx1-ubyte`), idxFile([n], labels))
  }
  return into
}
const fashion = '/usr/share/datasets/fashion-mnist'

t.test('fashion-mnist: the accuracy is far above chance', async (t) => {
  const sets = [await quarters(t.testdir()), ...(existsSync(fashion) ? [fashion] : [])]
  for (const set of sets) {
    const accuracy = last(numbersAfter('accuracy', await said('fashion-mnist.ts', '100', set)))
    t.ok(accuracy > 0.6, `${accuracy} of ${set}`)
  }
  await t.rejects(said('fashion-mnist.ts', '1', resolve(folder)), { message: /holds no train-images/ })
})

t.test('character-transformer: better than counting letters, and it writes with the letters of the text', async (t) => {
  const text = join(t.testdir({ 'text.txt': 'the cat sat on the mat. '.repeat(40) }), 'text.txt')
  const all = await said('character-transformer.ts', '200', text)
  const losses = numbersAfter('loss', all)
  t.ok(last(losses) < 0.5, `the last loss is ${last(losses)}; guessing by frequency is 2.2`)
  const written = all.split('\n').at(-2) ?? ''
  t.match(written, /^[the casonm.]+$/)
  t.ok(written.length > 300)
  t.match(written.slice(40), /the (cat|mat)/)
})

t.test('changed-tmsa: the gradient holds, and it learns', async (t) => {
  const all = await said('changed-tmsa.ts', '2', '200')
  t.match(all, /^the gradient holds at 2 seeds\n/)
  const losses = numbersAfter('loss', all)
  t.ok(last(losses) < 0.6 * first(losses), losses.join(', '))
})

t.test('per-example-gradients: all at once as one at a time', async (t) => {
  const all = await said('per-example-gradients.ts', '5')
  const norms = (/gradients: (.*)/.exec(all)?.[1] ?? '').split(' ').map(Number)
  t.equal(norms.length, 5)
  t.ok(norms.every((norm) => norm > 0) && new Set(norms).size === 5, norms.join(', '))
  const difference = last(numbersAfter('one at a time:', all))
  t.ok(difference < 1e-12, `${difference}`)
})

t.test('custom-sampler: the samples are the data, in equal parts', async (t) => {
  const all = await said('custom-sampler.ts', '500')
  t.match(all, /^ancestral: 20 evaluations, .*\nheun: 39 evaluations, /)
  for (const part of numbersAfter('evaluations,', all)) t.ok(Math.abs(part - 0.5) < 0.07, `${part} are 1`)
  for (const off of numbersAfter('at most', all)) t.ok(off < 1e-3, `${off} off`)
  const parts = numbersAfter('evaluations,', all)
  t.equal(parts.length, 2)
  t.not(first(parts), last(parts), 'its noise sends some samples elsewhere')
})

t.test('custom-data-set: it opens by its name, and a DiffiT learns it', async (t) => {
  const all = await said('custom-data-set.ts', '200')
  t.match(all, /^shapes: 256 images, 16 of them held out\n/)
  const losses = numbersAfter('loss', all)
  t.ok(last(losses) < 0.7 * first(losses), losses.join(', '))
})

t.test('custom-optimiser: both learn, with their own states and the schedule', async (t) => {
  const all = await said('custom-optimiser.ts', '1000')
  for (const name of ['lion', 'adamw']) {
    const own = all
      .split('\n')
      .filter((line) => line.startsWith(`${name} `))
      .join('\n')
    t.ok(last(numbersAfter('loss', own)) < 0.01, `${name}: ${numbersAfter('loss', own)}`)
    t.equal(last(numbersAfter('rate', own)), 0, 'the schedule has come to its end')
  }
  t.match(all, 'lion states: theta, lion.m\n')
  t.match(all, 'adamw states: theta, adam.m, adam.v\n')
})

t.test('custom-model: its rules hold, it learns, and its samples are columns', async (t) => {
  const all = await said('custom-model.ts', '400')
  t.match(all, 'refused: side is 7: expected an even number\naccepted: {"model":"convnet","side":8,"hidden":16}\n')
  const losses = numbersAfter('loss', all)
  t.ok(last(losses) < 0.6 * first(losses), losses.join(', '))
  const samples = [...all.matchAll(/^sample ([#.]{8})$/gm)].map(([, row = '']) => row)
  t.equal(samples.length, 8)
  const turns = samples.flatMap((row) => [...row].slice(1).map((pixel, i) => pixel !== row[i]))
  const share = turns.filter(Boolean).length / turns.length
  t.ok(share > 0.75, `${share} of neighbours differ: half of them would by chance`)
})

t.test('save-and-resume: killed in the middle and started again, it ends in the same bits', async (t) => {
  const into = t.testdir()
  const [killed, whole] = [join(into, 'killed.safetensors'), join(into, 'whole.safetensors')]
  const program = (path: string) => ['save-and-resume.ts', path, '1500', '50'] as const
  const child = there.start(...program(killed))
  const closed = once(child, 'close')
  if (child.stdout === null) throw new Error('it has no output')
  for await (const line of createInterface(child.stdout)) if (/^saved update 150,/.test(line)) child.kill('SIGKILL')
  t.strictSame(await closed, [null, 'SIGKILL'])
  const resumed = await said(...program(killed))
  const begun = first(numbersAfter('begins at update', resumed))
  t.ok(begun >= 150 && begun < 1500, `it went on from ${begun}`)
  const straight = await said(...program(whole))
  t.match(straight, /^begins at update 0\n/)
  const parameters = (text: string): string => /^parameters [0-9a-f]{64}$/m.exec(text)?.[0] ?? `none in ${text}`
  t.equal(parameters(resumed), parameters(straight))
  const losses = numbersAfter('loss', straight)
  t.ok(last(losses) < 0.1 * first(losses), `${first(losses)} to ${last(losses)}`)
  const hash = async (path: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  t.equal(await hash(killed), await hash(whole), 'so do the files')
})

t.test('sample-checkpoint: a picture of every class from the newest checkpoint', async (t) => {
  const into = t.testdir()
  const run = join(into, 'run')
  await train({ config: config(into), steps: 2, out: run }, quiet())
  await train({ resume: run, steps: 3 }, quiet())
  const picture = join(into, 'picture.png')
  t.match(await said('sample-checkpoint.ts', run, picture, '2', '3'), `${picture}: 18 images of step 3\n`)
  const { width, height } = await sharp(picture).metadata()
  t.ok(width > 2 * 96 && height > 9 * 96, `${width} x ${height}`)
  const { channels } = await sharp(picture).stats()
  t.ok(
    channels.every(({ stdev }) => stdev > 5),
    'it shows something',
  )
  await mkdir(join(into, 'empty', 'checkpoints'), { recursive: true })
  await t.rejects(said('sample-checkpoint.ts', join(into, 'empty'), picture), { message: /has no checkpoint/ })
})

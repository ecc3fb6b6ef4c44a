/** What docs/backends.md quotes is what backends say and what the sources are. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { backendNames, backends } from '../../backends/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import { exp, input } from '../../src/tensor/ops.ts'
import { blocksOf, quotesOf } from './outside.ts'

const document = 'docs/backends.md'

t.test('the refusal to observe reads as quoted', async (t) => {
  const quotes = await quotesOf(document)
  const refused = evaluate(backends.wasm, { observe: () => undefined })({ y: exp(input('x', [])) }, { x: 1 })
  const message = await refused.catch((error: Error) => error.message)
  t.ok(typeof message === 'string' && quotes.includes(message), String(message))
})

/** Code without comments. */
const bare = (code: string): string =>
  code
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\/\/.*/g, '')
    .replace(/\s*\n\s*/g, '\n')
    .trim()

t.test('the interface, and the file that holds a backend to it, are those of the sources', async (t) => {
  const [port = '', suite = '', ...others] = await blocksOf(document)
  t.same(others, [])
  t.ok(bare(await readFile('src/plan/backend.ts', 'utf8')).includes(bare(port)), port)
  const ours = bare(await readFile('properties/agreement.property.ts', 'utf8'))
  t.equal(bare(suite).replaceAll('mine', 'wasm'), ours)
})

t.test('the first table names every backend and its precision', async (t) => {
  const text = await readFile(document, 'utf8')
  const rows = [...text.matchAll(/^\| `(\w+)` \| float(\d+) \|/gm)].map(([, name, bits]) => [name, `f${bits}`])
  t.same(
    rows,
    backendNames.map((name) => [name, backends[name].precision]),
  )
})

/** The cells behind the first one of the table rows that begin so. */
const cellsOf = (text: string, begins: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`| ${begins}`))
    .map((line) =>
      line
        .split(' | ')
        .slice(1)
        .map((cell) => cell.replace(/ \|$/, '')),
    )

t.test('times of wasm are those of performance.md, and bounds of webgpu those that are held', async (t) => {
  const [ours, performance, webgpu] = await Promise.all(
    [document, 'docs/performance.md', 'docs/webgpu.md'].map((path) => readFile(path, 'utf8')),
  )
  if (ours === undefined || performance === undefined || webgpu === undefined) return t.fail('a document is missing')
  const times = ['image-s', 'latent-s', 'emoji32'].map(
    (name) => cellsOf(performance, `\`${name}\` | PyTorch 1.13`)[0]?.[1],
  )
  t.same(cellsOf(ours, '`wasm`, two cores'), [times])
  t.same(cellsOf(ours, '`webgpu`: dispatches'), cellsOf(webgpu, 'dispatches'))
  t.same(cellsOf(ours, '`webgpu`: submits'), cellsOf(webgpu, 'submits |'))
})

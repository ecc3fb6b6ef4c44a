/** docs/api.md lists every export of every entry point and nothing else, and every export has a docstring. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import * as backends from '../../backends/index.ts'
import * as autoencoder from '../../src/autoencoder/index.ts'
import * as check from '../../src/check/index.ts'
import * as classification from '../../src/classification/index.ts'
import * as data from '../../src/data/index.ts'
import * as diffusion from '../../src/diffusion/index.ts'
import * as evaluation from '../../src/evaluation/index.ts'
import * as main from '../../src/index.ts'
import * as interchange from '../../src/interchange/index.ts'
import * as io from '../../src/io/index.ts'
import * as models from '../../src/models/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as train from '../../src/train/index.ts'
import { apiDocument, type Export, entryPoints, firstSentence } from './api.ts'

const all = await entryPoints()
const namesOf = (exports: readonly Export[], kind: Export['kind']): readonly string[] =>
  exports.flatMap((one) => (one.kind === kind ? [one.name] : [])).sort()

t.test('the document is what the sources say: npx node spec/docs/api.ts > docs/api.md', async (t) => {
  t.equal(await readFile('docs/api.md', 'utf8'), apiDocument(all))
})

t.test('every export has a docstring', async (t) => {
  for (const { name, exports } of all)
    t.same(
      exports.flatMap((one) => (one.doc === null || one.doc === '' ? [`${one.name} of ${one.file}`] : [])),
      [],
      name,
    )
})

t.test('the values listed are those that a program gets, and types are listed too', async (t) => {
  const modules = {
    diffit: main,
    'diffit/nn': nn,
    'diffit/train': train,
    'diffit/diffusion': diffusion,
    'diffit/classification': classification,
    'diffit/autoencoder': autoencoder,
    'diffit/models': models,
    'diffit/data': data,
    'diffit/interchange': interchange,
    'diffit/evaluation': evaluation,
    'diffit/io': io,
    'diffit/check': check,
    'diffit/backends': backends,
  }
  t.same(
    all.map(({ name }) => name),
    Object.keys(modules),
  )
  for (const { name, exports } of all) {
    const found = Object.entries(modules).find(([module]) => module === name)
    t.same(namesOf(exports, 'value'), Object.keys(found?.[1] ?? {}).sort(), name)
  }
  const types = all.flatMap(({ name, exports }) => (name === 'diffit' ? namesOf(exports, 'type') : []))
  for (const type of ['Tensor', 'Backend', 'Program', 'Feeds', 'Axes']) t.ok(types.includes(type), type)
})

t.test('a line is the first sentence, which abbreviations, decimals and a colon do not end', async (t) => {
  t.equal(firstSentence('Glorot et al. (2010): variance 2.5. More.'), 'Glorot et al. (2010): variance 2.5.')
  t.equal(firstSentence('Pairs of axes as in an einsum:'), 'Pairs of axes as in an einsum.')
  t.equal(firstSentence('No full stop'), 'No full stop')
})

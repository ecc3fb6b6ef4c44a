/** Packages that users install themselves: what is said where one is missing, or does not load. */
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import manifest from '../../package.json' with { type: 'json' }
import {
  type Companion,
  companion,
  companions,
  drawing,
  emojiImages,
  fflate,
  protobufjs,
} from '../../src/io/companion.ts'

const nowhere = 'not-there'
const absent: Companion<unknown> = { name: 'absent', version: '1.2.3', load: () => import(nowhere) }
const lacking: Companion<unknown> = { ...absent, name: '@some/lacking', version: '0.1.0' }
const present: Companion<number> = { name: 'present', version: '1.0.0', load: async () => 1 }
const broken: Companion<unknown> = {
  name: 'broken',
  version: '1.0.0',
  load: () => Promise.reject(new Error('no binary for this system\nhow to get one')),
}

t.test('a companion that is there is what is used of it', async (t) => {
  t.same(await companion('drawing')(present)(), E.right(1))
  t.same(await companions('drawing')([present])(), E.right('present 1.0.0'))
})

t.test('one that is missing: for what it is needed, and the command that installs it', async (t) => {
  t.same(await companion('drawing')(absent)(), E.left('drawing needs the package absent: npm install absent@1.2.3'))
})

t.test('all that are missing are named in one command, without those that are there', async (t) => {
  t.same(
    await companions('diffit train')([absent, present, lacking])(),
    E.left('diffit train needs the packages absent, @some/lacking: npm install absent@1.2.3 @some/lacking@0.1.0'),
  )
})

t.test('one that does not load says why, in one line', async (t) => {
  const sentence = 'drawing needs the package broken, which does not load: no binary for this system'
  t.same(await companion('drawing')(broken)(), E.left(sentence))
  t.same(
    await companions('drawing')([absent, broken])(),
    E.left('drawing needs the package absent: npm install absent@1.2.3'),
  )
  t.same(await companions('drawing')([present, broken])(), E.left(sentence))
})

t.test('the tests run with them in the same versions; a user may have another, and need not have any', async (t) => {
  const tested = new Map(Object.entries(manifest.devDependencies))
  const peers = new Map(Object.entries(manifest.peerDependencies))
  const optional = new Map(Object.entries(manifest.peerDependenciesMeta))
  for (const { name, version } of [...drawing, emojiImages, fflate, protobufjs]) {
    t.equal(tested.get(name), version, name)
    t.match(peers.get(name), /^>=/, `${name}: a project that has another version can still install the package`)
    t.same(optional.get(name), { optional: true }, name)
  }
  const gpu = ['gpu.js', 'webgpu']
  t.same(
    [...peers.keys()].sort(),
    [...[...drawing, emojiImages, fflate, protobufjs].map(({ name }) => name), ...gpu].sort(),
  )
})

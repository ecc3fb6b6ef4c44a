/**
 * The peers of the benchmarks are theirs alone: exact versions, their own lock file without a host, none in the root.
 */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import * as io from 'io-ts'
import t from 'tap'
import { noPeers } from '../../bench/peers/peers.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const manifest = io.intersection([
  io.type({ dependencies: io.record(io.string, io.string) }),
  io.partial({ devDependencies: io.record(io.string, io.string) }),
])
const manifestOf = (path: string): io.TypeOf<typeof manifest> => {
  const decoded = manifest.decode(JSON.parse(read(path)))
  if (E.isLeft(decoded)) throw new Error(`${path} has no dependencies`)
  return decoded.right
}
const peers = manifestOf('bench/peers/package.json').dependencies

t.test('exact versions, and the names under which they are reported', async (t) => {
  for (const [name, version] of Object.entries(peers)) t.match(version, /^\d+\.\d+\.\d+$/, name)
  t.match(read('bench/peers/jax.ts'), `jax-js ${peers['@jax-js/jax']},`)
  t.match(read('bench/peers/tfjs.ts'), `tfjs ${peers['@tensorflow/tfjs-backend-wasm']},`)
})

t.test('the lock file names no registry', async (t) => {
  t.notMatch(read('bench/peers/package-lock.json'), /"resolved"/)
})

t.test('the project itself depends on none of them', async (t) => {
  const { dependencies, devDependencies = {} } = manifestOf('package.json')
  for (const name of Object.keys(peers)) t.notOk(name in dependencies || name in devDependencies, name)
})

t.test('ours alone has no contestants', async (t) => {
  t.same(noPeers.product({ a: [1, 1], b: [1, 1], transpose: 'none' }, 1), [])
  t.same(noPeers.trainingStep({}, 1), [])
  await noPeers.close()
})

/** What is said where gpu.js is not installed: `diffit doctor` lists its devices as missing, and everything else works. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { deviceStatuses } from '../../../backends/gpu/index.ts'
import manifest from '../../../package.json' with { type: 'json' }
import { Refusal } from '../../../src/plan/errors.ts'

t.test('without gpu.js every device is missing, for that reason', async (t) => {
  const found = await deviceStatuses(() => Promise.reject(new Refusal('gpu: it needs gpu.js')))
  t.same(
    found.map(({ name, adapter, why }) => [name, adapter, why]),
    [
      ['webgpu', null, 'gpu: it needs gpu.js'],
      ['headlessgl', null, 'gpu: it needs gpu.js'],
    ],
  )
})

t.test('another failure stays one', (t) =>
  t.rejects(
    deviceStatuses(() => Promise.reject(new TypeError('a fault of ours'))),
    new TypeError('a fault of ours'),
  ),
)

t.test('the command that installs it names the versions of package.json', async (t) => {
  const peers = manifest.peerDependencies
  t.match(
    await readFile('backends/gpu/load.ts', 'utf8'),
    `npm install gpu.js@${peers['gpu.js']} webgpu@${peers.webgpu}`,
  )
})

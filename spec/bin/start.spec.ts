/** A too old Node gets one sentence, before anything that it cannot parse. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import t from 'tap'
import { refusal } from '../../bin/start.js'
import manifest from '../../package.json' with { type: 'json' }

const sentence = (found: string, path: string, program: string): string =>
  `diffit needs Node 24 or newer, and this is Node ${found} (${path}): ${
    program.endsWith('.ts')
      ? 'on Linux x64 "npm ci" brings one, which npm run and npx then take; elsewhere install it from https://nodejs.org'
      : 'install it from https://nodejs.org'
  }`

t.test('versions are compared by number', async (t) => {
  for (const old of ['9.11.2', '20.20.2', '23.11.1'])
    for (const program of ['src/cli/main.ts', 'dist/src/cli/main.js'])
      t.equal(refusal(old, '>=24', '/n', program), sentence(old, '/n', program))
  for (const fine of ['24.0.0', '24.21.0', '25.0.0', '100.0.0']) t.equal(refusal(fine, '>=24', '/n', 'a.ts'), null)
  t.type(refusal('24.9.1', '>=24.10.0', '/n', 'a.ts'), 'string')
  t.equal(refusal('24.10.0', '>=24.10.0', '/n', 'a.ts'), null)
  t.equal(refusal(process.versions.node, manifest.engines.node, '/n', 'a.ts'), null, 'this one is new enough')
})

t.test("every script of package.json that runs a file of ours, and the package's command, start by it", async (t) => {
  for (const [name, command] of Object.entries(manifest.scripts))
    t.notMatch(command, /node (?!bin\/run\.js )\S+\.ts/, name)
  t.match(readFileSync(manifest.bin.diffit, 'utf8'), /^#!.*node$[\s\S]*from '\.\/start\.js'/m)
})

const run = promisify(execFile)
/** Without what tap and npm put into a child's environment. */
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' }
const old = await run('node', ['-p', 'process.versions.node + " " + process.execPath'], { env }).then(
  ({ stdout }) => stdout.trim().split(' '),
  () => [],
)
const [version = '', path = ''] = old
const isOld = path !== '' && refusal(version, manifest.engines.node, path, 'a.ts') !== null

t.test('an old Node of the machine', { skip: isOld ? false : 'the machine has no Node that is too old' }, async (t) => {
  for (const args of [['bin/run.js', 'src/cli/main.ts', 'train'], ['bin/run.js', 'bench/main.ts'], ['bin/diffit.js']]) {
    const { code, stderr } = await run(path, args, { env }).then(
      () => ({ code: 0, stderr: '' }),
      (error: { readonly code: number; readonly stderr: string }) => error,
    )
    t.strictSame([code, stderr], [1, `error: ${sentence(version, path, args[1] ?? 'main.js')}\n`], args.join(' '))
  }
})

t.test('a Node that is new enough runs the file with its arguments', async (t) => {
  const { NODE_OPTIONS: _, ...clean } = process.env
  const { stdout } = await run(process.execPath, ['bin/run.js', 'src/cli/main.ts', 'sample', '--help'], { env: clean })
  t.match(stdout, 'Usage: diffit sample')
})

t.test('what a start compiled lies in the folder of temporary files, for the next one', async (t) => {
  const { NODE_OPTIONS: _, NODE_COMPILE_CACHE: __, ...clean } = process.env
  const folder = t.testdir()
  const options = { env: { ...clean, TMPDIR: folder } }
  await run(process.execPath, ['bin/run.js', 'src/cli/main.ts', 'sample', '--help'], options)
  t.strictSame(readdirSync(folder), ['node-compile-cache'])
})

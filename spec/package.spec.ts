/** The package as a user gets it: packed, installed into an empty folder, type-checked and run as JavaScript. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import manifest from '../package.json' with { type: 'json' }
import lock from '../package-lock.json' with { type: 'json' }

const execute = promisify(execFile)
const root = resolve(import.meta.dirname, '..')

/** Without what npm tells the scripts that it runs, or the inner npm would act on this project; with its path. */
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))),
  PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
}
/** tap puts itself into every child through NODE_OPTIONS, and the compiler cannot be loaded that way. */
const run = async (folder: string, command: string, ...args: readonly string[]): Promise<string> =>
  (await execute('env', ['-u', 'NODE_OPTIONS', command, ...args], { cwd: folder, env })).stdout

/** The repository without what git ignores: packing builds `dist/`, which leads to the sources here. */
const copied = async (t: Test): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-clone-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const ours = ['.git', '.tap', 'dist', 'node_modules', 'runs']
  for (const name of await readdir(root))
    if (!ours.includes(name))
      await cp(join(root, name), join(folder, name), {
        recursive: true,
        filter: (path) => basename(path) !== 'node_modules',
      })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** What a command that fails says on standard error. */
const complaint = (...call: Parameters<typeof run>): Promise<string> =>
  run(...call).then(
    (out) => `it went well: ${out}`,
    (error: { readonly stderr: string }) => error.stderr,
  )

/** Which packages are installed that only some users need. */
const present = async (folder: string): Promise<Readonly<Record<string, boolean>>> =>
  Object.fromEntries(
    ['node', ...Object.keys(manifest.peerDependencies)].map((name) => [
      name,
      existsSync(join(folder, 'node_modules', name)),
    ]),
  )

const fromRegistry = async (folder: string, tarball: string): Promise<void> => {
  await run(folder, 'npm', 'install', '--prefer-offline', '--fetch-retries=0', '--no-audit', '--no-fund', tarball)
}

/** Without a registry: the same files, and this project's own copies of what they depend on. */
const unpacked = async (folder: string, tarball: string): Promise<void> => {
  const modules = join(folder, 'node_modules')
  await mkdir(modules, { recursive: true })
  await run(folder, 'tar', '-xzf', tarball, '-C', modules)
  await rename(join(modules, 'package'), join(modules, 'diffit'))
  for (const [path, about] of Object.entries(lock.packages))
    if (path.startsWith('node_modules/') && !('dev' in about || 'devOptional' in about || 'peer' in about))
      await cp(join(root, path), join(folder, path), { recursive: true })
}

/** Bytes of all files in a folder. */
const bytesOf = async (folder: string): Promise<number> => {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((f) => f.isFile())
  const sizes = await Promise.all(files.map(async (f) => (await stat(join(f.parentPath, f.name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** What a user writes who takes something from every entry point. */
const use = `import { evaluate, grad, input, key, mul, tanh, type Tensor } from 'diffit'
import { type BackendName, backendNames, backends } from 'diffit/backends'
import { checkGradient } from 'diffit/check'
import { kinds } from 'diffit/data'
import { samplers } from 'diffit/diffusion'
import { frechetDistance, gaussianOf, momentsOf } from 'diffit/evaluation'
import { decode, encode, grid } from 'diffit/io'
import { models, tmsaSpec } from 'diffit/models'
import { count, init, linearSpec, type Spec } from 'diffit/nn'
import { optimisers } from 'diffit/train'

const product = (p: { readonly x: Tensor; readonly y: Tensor }): Tensor => mul(p.x, p.y)
const { x, y } = grad(product)({ x: input('x', []), y: input('y', []) })
const show = async (name: BackendName): Promise<void> => {
  const values = await evaluate(backends[name])({ x, y }, { x: Float64Array.of(3), y: Float64Array.of(2) })
  console.log(name, ...(values.x ?? []), ...(values.y ?? []))
}
for (const name of backendNames) if (name !== 'gpu' && name !== 'webgpu') await show(name)
for (const name of ['gpu', 'webgpu'] as const)
  await show(name).catch((error: Error) => console.log(error.name, error.message))
const { ok } = await checkGradient(backends.cpu)((x) => tanh(x), [2, 3])
console.log('checked', ok)

const spec: Spec = linearSpec(3, 2)
console.log('parameters', count(spec), init(spec)(key(1)).every(Number.isFinite), count(tmsaSpec({ width: 4, heads: 2, window: 2, time_width: 3 })) > 0)
console.log('tables', [models, kinds, samplers, optimisers].every((table) => Object.keys(table).length > 0))
const alike = gaussianOf(momentsOf([1, 2, 5], 1))
console.log('distance', frechetDistance(alike, alike))
const file = { metadata: {}, tensors: new Map([['w', { dtype: 'F32' as const, shape: [2], values: Float32Array.of(1, 2) }]]) }
const bytes = encode(file)
console.log('file', bytes._tag === 'Right' ? decode(bytes.right)._tag : bytes.left)
const drawn = await grid({ rows: [{ label: '', images: [Float32Array.of(0)] }], height: 1, width: 1, channels: 1 })()
console.log(drawn._tag === 'Left' ? drawn.left : 'drawn')
`

/** The command that installs companions in the versions that the tests run with. */
const installing = (...names: readonly (keyof typeof manifest.peerDependencies)[]): string =>
  `npm install ${names.map((name) => `${name}@${manifest.devDependencies[name]}`).join(' ')}`

/** What it prints, line by line, where no companion is installed. */
const printed = [
  'cpu 2 3',
  'wasm 2 3',
  `Refusal gpu: it needs the packages gpu.js and webgpu: ${installing('gpu.js', 'webgpu')}`,
  `Refusal webgpu: it needs the package webgpu: ${installing('webgpu')}`,
  'checked true',
  'parameters 8 true true',
  'tables true',
  'distance 0',
  'file Right',
  `drawing a grid needs the package sharp: ${installing('sharp')}`,
]

/** Options of the compiler for a user who has installed no types: those of Node neither. */
const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', '']

/** Every file that package.json promises to those who import or run the package. */
const promised = (manifest: { readonly exports: object; readonly bin: object }): readonly string[] =>
  [...Object.values(manifest.exports), ...Object.values(manifest.bin)]
    .flatMap((target: string | object) => (typeof target === 'string' ? [target] : Object.values(target)))
    .flatMap((path: string | null) => (path === null ? [] : [path.replace(/^\.\//, '')]))

t.test('the packed package installs into an empty folder, type-checks there and runs', async (t) => {
  // a folder of the system: above it there are no modules to find by accident
  const folder = await mkdtemp(join(tmpdir(), 'diffit-package-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')

  const packed = await run(await copied(t), 'npm', 'pack', '--silent', '--pack-destination', folder)
  const tarball = join(folder, packed.trim().split('\n').at(-1) ?? '')

  const files = (await run(folder, 'tar', '-tzf', tarball)).trim().split('\n')
  for (const path of promised(manifest)) t.ok(files.includes(`package/${path}`), `holds ${path}`)
  t.ok(files.includes('package/LICENSE'), 'holds its licence')
  t.strictSame(
    files.filter((f) => !/^package\/(bin\/(diffit|start)\.js$|dist\/|package\.json|README|LICENSE|CHANGELOG)/.test(f)),
    [],
    'and nothing else',
  )

  await fromRegistry(folder, tarball).catch(async (error: Error) => {
    t.comment(`no registry to install from, so the tarball was unpacked by hand: ${error.message.split('\n')[0]}`)
    await unpacked(folder, tarball)
  })
  const { node, ...modules } = await present(folder)
  t.notOk(node, 'whoever installs it keeps his own Node')
  for (const [name, there] of Object.entries(modules)) t.notOk(there, `${name} is installed by those who use it`)
  const bytes = await bytesOf(join(folder, 'node_modules'))
  t.comment(`${(bytes / 1e6).toFixed(1)} MB installed`)
  t.ok(bytes <= 25e6, `${(bytes / 1e6).toFixed(1)} MB installed: expected at most 25`)

  await t.test('a program that uses every entry point type-checks and runs', async (t) => {
    await writeFile(join(folder, 'use.ts'), use)
    await run(folder, 'tsc', ...strict, 'use.ts')
    t.strictSame((await run(folder, 'node', 'use.ts')).trimEnd().split('\n'), printed)
  })

  await t.test('so does the training program of ten lines', async (t) => {
    await cp(join(root, 'docs/examples/regression.ts'), join(folder, 'regression.ts'))
    await run(folder, 'tsc', ...strict, 'regression.ts')
    const [loss] = (await run(folder, 'node', 'regression.ts')).trim().split(' ').slice(-1)
    t.ok(Number(loss) < 0.01, `it ends at a loss of ${loss}`)
  })

  await t.test('the command names what it needs, and works without what it does not', async (t) => {
    const command = `node_modules/diffit/${manifest.bin.diffit}`
    t.match(await run(folder, 'node', command, '--help'), 'Usage: diffit')
    t.match(await run(folder, 'node', command, 'train', '--dry-run'), /^parameters /m)
    const report = await run(folder, 'node', command, 'doctor')
    t.match(report, /^gpu:webgpu +no: gpu: it needs the packages gpu\.js and webgpu: npm install /m)
    t.match(report, /^webgpu +webgpu: it needs the package webgpu: npm install /m)
    t.match(report, /^data +the data set emoji needs the package emoji-datasource-google: npm install /m)
    t.match(report, /^drawing +drawing samples and loss curves needs the packages sharp, .*: npm install /m)
    t.equal(
      await complaint(folder, 'node', command, 'train'),
      `error: diffit train needs the packages sharp, @observablehq/plot, linkedom, emoji-datasource-google: ${installing('sharp', '@observablehq/plot', 'linkedom', 'emoji-datasource-google')}\n`,
    )
    t.equal(
      await complaint(folder, 'node', command, 'sample', '--run', 'none'),
      'error: none is not a run: it has no config.yaml\n',
    )
  })
})

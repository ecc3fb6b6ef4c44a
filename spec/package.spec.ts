/** The package as a user gets it: packed, installed into an empty folder, type-checked and run as JavaScript. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import manifest from '../package.json' with { type: 'json' }

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

const fromRegistry = async (folder: string, tarball: string): Promise<void> => {
  await run(folder, 'npm', 'install', '--prefer-offline', '--fetch-retries=0', '--no-audit', '--no-fund', tarball)
}

/** Without a registry: the same files, and this project's own copies of what they depend on. */
const unpacked = async (folder: string, tarball: string): Promise<void> => {
  const modules = join(folder, 'node_modules')
  await mkdir(modules, { recursive: true })
  await run(folder, 'tar', '-xzf', tarball, '-C', modules)
  await cp(join(modules, 'package'), join(modules, 'diffit'), { recursive: true })
  for (const name of await readdir(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== 'diffit')
      await symlink(join(root, 'node_modules', name), join(modules, name)).catch(() => undefined)
}

const use = `import { evaluate, grad, input, mul, tanh, type Tensor } from 'diffit'
import { type BackendName, backendNames, backends } from 'diffit/backends'
import { checkGradient } from 'diffit/check'

const product = (p: { readonly x: Tensor; readonly y: Tensor }): Tensor => mul(p.x, p.y)
const { x, y } = grad(product)({ x: input('x', []), y: input('y', []) })
const show = async (name: BackendName): Promise<void> => {
  const values = await evaluate(backends[name])({ x, y }, { x: Float64Array.of(3), y: Float64Array.of(2) })
  console.log(name, ...(values.x ?? []), ...(values.y ?? []))
}
for (const name of backendNames) if (name !== 'gpu') await show(name)
await show('gpu').catch((error: Error) => console.log(error.name, error.message.split(':')[0]))
const { ok } = await checkGradient(backends.cpu)((x) => tanh(x), [2, 3])
console.log('checked', ok)
`

/** Every file that package.json promises to those who import or run the package. */
const promised = (manifest: { readonly exports: object; readonly bin: object }): readonly string[] =>
  [...Object.values(manifest.exports), ...Object.values(manifest.bin)]
    .flatMap((target: string | object) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((path: string) => path.replace(/^\.\//, ''))

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
  await writeFile(join(folder, 'use.ts'), use)
  await run(
    folder,
    'tsc',
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--types',
    '',
    'use.ts',
  )
  const shown = await run(folder, 'node', 'use.ts')
  t.match(shown, /^cpu 2 3\nwasm 2 3\n(Refusal gpu|gpu 2 3)\nchecked true\n$/, 'gradients of x y, by x and y')
  if (!existsSync(join(folder, 'node_modules/gpu.js')))
    t.match(shown, 'Refusal gpu', 'gpu asks for the packages that it needs, which nobody else has to install')
  t.match(await run(folder, 'node', `node_modules/diffit/${manifest.bin.diffit}`, '--help'), 'Usage: diffit')
  t.ok(existsSync(join(folder, 'node_modules/diffit/dist/src')), 'its own files, not the sources')
})

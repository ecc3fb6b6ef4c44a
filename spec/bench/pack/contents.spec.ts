/** The archive of `npm run bench:pack` holds all that its programs import, and nothing of other systems. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'
import { closure, isPacked, type Needs, packages, sources } from '../../../bench/pack/contents.ts'

const root = resolve(import.meta.dirname, '../../..')
const needsOf = (name: string): Needs | null => {
  const path = join(root, 'node_modules', name, 'package.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}
const held = closure(packages, needsOf)

t.test(
  'closure: what is needed by what is needed, once, whatever goes round in a circle or is not installed',
  async (t) => {
    const needs: Readonly<Record<string, Needs>> = {
      a: { dependencies: { b: '1' }, optionalDependencies: { c: '1' } },
      b: { dependencies: { a: '1', d: '1' } },
      d: {},
      e: {},
    }
    t.same(
      closure(['a'], (name) => needs[name] ?? null),
      ['a', 'b', 'd'],
    )
  },
)

/** What a file loads when it runs: imports that are not of types alone. */
const importsOf = (path: string): readonly string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^(?:import|export) (?!type\b)(?:[^'";=]*? from )?'([^']+)'/gm)].flatMap(
    ([, from]) => from ?? [],
  )

t.test('every file and package that its programs import is packed', async (t) => {
  const [seen, outside]: [Set<string>, Set<string>] = [new Set(), new Set()]
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const from of importsOf(path))
      if (from.startsWith('.')) visit(join(dirname(path), from))
      else if (!from.startsWith('node:')) outside.add(from.split('/')[0] ?? from)
  }
  for (const name of ['measure', 'ours', 'agreement']) visit(join(root, `bench/pack/${name}.ts`))
  t.ok(seen.size > 200, `${seen.size} files`)
  for (const path of seen) {
    const from = relative(root, path)
    t.ok(isPacked(from) && sources.some((source) => from === source || from.startsWith(`${source}/`)), from)
  }
  t.ok(outside.size > 3, [...outside].join())
  for (const name of outside) t.ok(held.includes(name), name)
})

t.test('what the package depends on, and what devices need, is installed here and packed', async (t) => {
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(dependencies), 'gpu.js', 'webgpu', 'acorn', 'gl']) t.ok(held.includes(name), name)
  for (const path of sources) t.ok(existsSync(join(root, path)), path)
})

t.test('of webgpu the parts for Linux on x64 alone; what is generated or compiled here stays here', async (t) => {
  const webgpu = 'node_modules/webgpu'
  for (const path of [
    webgpu,
    `${webgpu}/index.js`,
    `${webgpu}/dist`,
    `${webgpu}/dist/linux-x64/dawn.node`,
    'src/io/json.ts',
  ])
    t.ok(isPacked(path), path)
  for (const path of [
    ...[`${webgpu}/dist/win32-x64`, `${webgpu}/dist/linux-arm64/dawn.node`, `${webgpu}/types.d.ts`],
    ...['backends/gpu/gl/headless', 'bench/peers/node_modules', 'node_modules/fp-ts/es6/Either.js'],
  ])
    t.notOk(isPacked(path), path)
})

/** The modules for pages: one for each entry point, none of which imports anything of Node's. */
import { readdir, readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import manifest from '../../package.json' with { type: 'json' }
import { buildLibrary } from './site.ts'

/** What a module imports, statically and on demand. */
const imported = (code: string): readonly string[] =>
  [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'`]([^"'`\n]+)["'`]/g)].map(([, name = '']) => name)

t.test('every entry point that pages have is a module, and none imports anything of Node', async (t) => {
  const folder = t.testdir()
  await buildLibrary(folder)
  const files = await readdir(folder)
  for (const target of Object.values(manifest.exports))
    if (typeof target !== 'string' && target.browser !== null)
      t.ok(files.includes(target.browser.replace('./dist/browser/', '')), target.browser)
  for (const file of files)
    for (const name of imported(await readFile(join(folder, file), 'utf8'))) {
      t.notOk(name.startsWith('node:') || builtinModules.includes(name), `${file} imports ${name}`)
      t.ok(files.includes(name.replace(/^\.\//, '')), `${file} imports ${name}, which is there`)
    }
})

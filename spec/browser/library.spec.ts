/** The modules for pages: one for each entry point, whose sources are type-checked without Node's types. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import t from 'tap'
import types from '../../browser/tsconfig.json' with { type: 'json' }
import manifest from '../../package.json' with { type: 'json' }
import { buildLibrary } from './site.ts'

const root = resolve(import.meta.dirname, '../..')

const forPages = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'string' || target.browser === null ? [] : [{ ...target, browser: target.browser }],
)

t.test('every entry point that pages have is a module', async (t) => {
  const folder = t.testdir()
  await buildLibrary(folder)
  const files = await readdir(folder)
  for (const { browser } of forPages) t.ok(files.includes(browser.replace('./dist/browser/', '')), browser)
})

t.test('what a page imports is checked as a page: it can name nothing of Node', async (t) => {
  for (const target of forPages) {
    const source = target.default.replace('./dist/', '').replace(/\.js$/, '.ts')
    const own = existsSync(resolve(root, source.replace(/\.ts$/, '.browser.ts')))
    t.ok(own || types.include.includes(`../${source}`), `browser/tsconfig.json includes ${source}`)
  }
  t.ok(types.include.includes('../**/*.browser.ts'))
  t.same(types.compilerOptions.types, [])
})

/** `npm run build:browser`: the library for web pages, as one ES module for each entry point, and what they share. */
import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { Plugin, UserConfig } from 'vite'
import manifest from '../package.json' with { type: 'json' }

/** `file.browser.ts` instead of `file.ts`, where there is one: TypeScript's moduleSuffixes of tsconfig.json. */
const browserFiles = (): Plugin => ({
  name: 'browser-files',
  enforce: 'pre',
  resolveId: (source, importer) => {
    if (importer === undefined || !/^\.\.?\/.*\.ts$/.test(source)) return null
    const own = resolve(dirname(importer), source.replace(/\.ts$/, '.browser.ts'))
    return existsSync(own) ? own : null
  },
})

/** Resolution for browsers: relative URLs, and the files that are theirs. */
export const forPages: UserConfig = {
  base: './',
  plugins: [browserFiles()],
  worker: {
    format: 'es',
    plugins: () => [browserFiles()],
    rolldownOptions: { output: { entryFileNames: 'worker.js' } },
  },
}

/** Vite's output for a worker's URL in relative builds: a URL within a URL. */
const nested =
  /new URL\(\s*(?:\/\*[^*]*\*\/\s*)?new URL\("worker\.js", import\.meta\.url\)\.href,\s*"" \+ import\.meta\.url\s*\)/

/** Rewrites it to the plain form, by which users' bundlers recognise a worker instead of an asset. */
const plainWorker: Plugin = {
  name: 'plain-worker',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      let found = false
      for (const file of Object.values(bundle)) {
        if (file.type === 'chunk' && nested.test(file.code)) {
          file.code = file.code.replace(nested, 'new URL("./worker.js", import.meta.url)')
          found = true
        }
      }
      if (!found) throw new Error('no file has the address of a worker as it was expected')
    },
  },
}

const root = resolve(import.meta.dirname, '..')

/** The source of every entry point that pages have, by the name of its bundle. */
const entries = Object.fromEntries(
  Object.values(manifest.exports).flatMap((target) => {
    if (typeof target === 'string' || target.browser === null) return []
    const source = resolve(root, target.default.replace('./dist/', '').replace(/\.js$/, '.ts'))
    const own = source.replace(/\.ts$/, '.browser.ts')
    return [[basename(target.browser, '.js'), existsSync(own) ? own : source]]
  }),
)

export default {
  ...forPages,
  root: import.meta.dirname,
  plugins: [browserFiles(), plainWorker],
  build: {
    target: 'es2024',
    outDir: resolve(import.meta.dirname, '../dist/browser'),
    emptyOutDir: true,
    lib: { entry: entries, formats: ['es'] },
    rolldownOptions: { output: { chunkFileNames: 'shared-[name].js' } },
  },
} satisfies UserConfig

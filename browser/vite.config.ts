/** `npm run build:browser`: the library for web pages, as one ES module with files that it loads on demand. */
import { resolve } from 'node:path'
import type { Plugin, UserConfig } from 'vite'

/** Resolution for browsers: relative URLs, and `host.browser.ts` instead of every `host.ts`. */
export const forPages: UserConfig = {
  base: './',
  resolve: { alias: [{ find: /^\.\/host\.ts$/, replacement: './host.browser.ts' }] },
  worker: { format: 'es', rolldownOptions: { output: { entryFileNames: 'worker.js' } } },
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
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk' || !file.isEntry) continue
        if (!nested.test(file.code)) throw new Error(`${file.fileName} has no address of a worker as it was expected`)
        file.code = file.code.replace(nested, 'new URL("./worker.js", import.meta.url)')
      }
    },
  },
}

export default {
  ...forPages,
  root: import.meta.dirname,
  plugins: [plainWorker],
  build: {
    target: 'es2024',
    outDir: resolve(import.meta.dirname, '../dist/browser'),
    emptyOutDir: true,
    lib: { entry: 'index.ts', formats: ['es'], fileName: 'diffit' },
    rolldownOptions: { output: { chunkFileNames: '[name].js' } },
  },
} satisfies UserConfig

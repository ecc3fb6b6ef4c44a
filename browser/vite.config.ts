/** `npm run build:browser`: the library for pages, as one ES module and files beside it that it loads when it needs them. */
import { resolve } from 'node:path'
import type { Plugin, UserConfig } from 'vite'

/** How sources become a page's: relative addresses, and `host.browser.ts` wherever a `host.ts` is asked for. */
export const forPages: UserConfig = {
  base: './',
  resolve: { alias: [{ find: /^\.\/host\.ts$/, replacement: './host.browser.ts' }] },
  worker: { format: 'es', rolldownOptions: { output: { entryFileNames: 'worker.js' } } },
}

/** What Vite writes for a worker's address in relative builds: an address within an address. */
const nested =
  /new URL\(\s*(?:\/\*[^*]*\*\/\s*)?new URL\("worker\.js", import\.meta\.url\)\.href,\s*"" \+ import\.meta\.url\s*\)/

/** Makes it the plain form, by which the bundlers of those who use the library know a worker from a picture. */
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

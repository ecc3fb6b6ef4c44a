/** `npm run build:browser`: the library as one ES module, and the file of its compute threads, for pages. */
import { resolve } from 'node:path'
import type { UserConfig } from 'vite'

/** How sources become a page's: relative addresses, and `host.browser.ts` wherever a `host.ts` is asked for. */
export const forPages: UserConfig = {
  base: './',
  resolve: { alias: [{ find: /^\.\/host\.ts$/, replacement: './host.browser.ts' }] },
  worker: { format: 'es', rolldownOptions: { output: { entryFileNames: 'worker.js' } } },
}

export default {
  ...forPages,
  root: import.meta.dirname,
  build: {
    target: 'es2024',
    outDir: resolve(import.meta.dirname, '../dist/browser'),
    emptyOutDir: true,
    lib: { entry: 'index.ts', formats: ['es'], fileName: 'diffit' },
  },
} satisfies UserConfig

/** Folders of files on a free port of this machine, with the headers under which a page may share memory, or without. */
import { resolve } from 'node:path'
import type { Test } from 'tap'
import { build, type InlineConfig, preview } from 'vite'
import library, { forPages } from '../../browser/vite.config.ts'

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

const quiet: InlineConfig = { configFile: false, logLevel: 'error' }

/** The address of a folder's files until the test ends. */
export const serve = async (t: Test, folder: string, isolated: boolean): Promise<string> => {
  const server = await preview({
    ...quiet,
    root: folder,
    appType: 'mpa',
    build: { outDir: folder },
    preview: { host: '127.0.0.1', port: 0, ...(isolated ? { headers } : {}) },
  })
  t.teardown(() => server.close())
  const [url] = server.resolvedUrls?.local ?? []
  if (url === undefined) throw new Error('the server has no address')
  return url
}

/** The page of the specs with everything that it imports, from the sources. */
export const buildPage = async (into: string): Promise<void> => {
  const root = import.meta.dirname
  await build({
    ...quiet,
    ...forPages,
    root,
    build: { target: 'es2024', outDir: into, rolldownOptions: { input: resolve(root, 'page.html') } },
  })
}

/** The library as pages get it. */
export const buildLibrary = async (into: string): Promise<void> => {
  await build({ ...quiet, ...library, build: { ...library.build, outDir: into } })
}

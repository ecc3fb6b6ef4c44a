/**
 * Starts a program after checking the version of Node: an old one would fail at the first TypeScript file or at new syntax,
 * with an error that does not say what to do. Plain JavaScript that an old Node can parse too.
 */
import { readFileSync } from 'node:fs'
import module from 'node:module'
import { pathToFileURL } from 'node:url'

/**
 * Is version a at least version b? Both as "24.1.0", or shorter.
 * @param {string} a
 * @param {string} b
 */
const isAtLeast = (a, b) => a.localeCompare(b, 'en', { numeric: true }) >= 0

/**
 * Why a Node cannot run this, in a sentence; null: it can.
 * @param {string} found its version
 * @param {string} needed of package.json's "engines": ">=24" or ">=24.1.0"
 * @param {string} path where it lies
 * @param {string} program what it was to run: TypeScript in the repository, JavaScript where the package is installed
 * @returns {string | null}
 */
export const refusal = (found, needed, path, program) => {
  const least = needed.replace(/^>=\s*/, '')
  if (isAtLeast(found, least)) return null
  const way = program.endsWith('.ts')
    ? 'on Linux x64 "npm ci" brings one, which npm run and npx then take; elsewhere install it from https://nodejs.org'
    : 'install it from https://nodejs.org'
  return `diffit needs Node ${least} or newer, and this is Node ${found} (${path}): ${way}`
}

/**
 * Runs the program at `path` with the arguments `args`, or prints why it cannot be and ends with 1.
 * @param {string} path
 * @param {readonly string[]} args
 */
export const start = (path, args) => {
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const why = refusal(process.versions.node, engines.node, process.execPath, path)
  if (why === null) {
    // what was compiled once is read by later starts, which then take half as long (NODE_COMPILE_CACHE says where it lies)
    module.enableCompileCache()
    process.argv = [process.execPath, path, ...args]
    return import(pathToFileURL(path).href)
  }
  process.stderr.write(`error: ${why}\n`)
  process.exitCode = 1
}

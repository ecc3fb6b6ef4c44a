/**
 * npm's `prepare`. While npm packs, for a tarball or an install from git, it builds `dist/`. After an install in a clone it
 * makes `dist/` lead to the sources, file by file, so that `import 'diffit'` there is never older than they are; and it
 * builds tap with the plugins of .taprc, without which tap runs no TypeScript.
 */
import { execFileSync, execSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * The files of `dist/` that others import, each as a line that leads to its source. Files for pages have none: they are
 * bundles (`npm run build:browser`).
 * @param {{ readonly exports: object }} manifest package.json
 * @returns {readonly (readonly [path: string, text: string])[]}
 */
export const links = ({ exports }) =>
  [...Object.values(exports), { default: './dist/src/cli/main.js', types: './dist/src/cli/main.d.ts' }]
    .flatMap((target) => (typeof target === 'string' ? [] : [target.types, target.default]))
    .map((path) => {
      const source = path.replace('./dist/', './').replace(/(\.d\.ts|\.js)$/, '.ts')
      return [path, `export * from '${relative(dirname(path), source).replaceAll('\\', '/')}'\n`]
    })

const link = () => {
  rmSync(resolve(root, 'dist'), { recursive: true, force: true })
  for (const [path, text] of links(JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')))) {
    mkdirSync(resolve(root, dirname(path)), { recursive: true })
    writeFileSync(resolve(root, path), text)
  }
}

/** Whether npm is packing this folder: it names a packed folder to the folder's scripts, and no other. */
const packing = () => {
  const packed = process.env.npm_package_resolved
  return packed !== undefined && existsSync(packed) && realpathSync(packed) === root
}

/** Not there after `npm ci --omit=dev`. */
const tap = resolve(root, 'node_modules/tap/dist/esm/run.mjs')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'links') link()
  else if (packing()) {
    // `prepack` may have built already
    if (!existsSync(resolve(root, 'dist/browser'))) execSync('npm run build', { cwd: root, stdio: 'inherit' })
  } else {
    link()
    if (existsSync(tap)) execFileSync(process.execPath, [tap, 'build'], { cwd: root, stdio: 'inherit' })
  }
}

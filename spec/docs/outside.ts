/** A folder outside of the repository in which code runs as a user's, who has installed the package. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import manifest from '../../package.json' with { type: 'json' }

const root = resolve(import.meta.dirname, '../..')

/** What the package's names stand for here, where it is not installed. */
const homes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(manifest.exports).flatMap(([name, target]) =>
      typeof target === 'string'
        ? []
        : [[name.replace(/^\./, 'diffit'), join(root, target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts'))]],
    ),
  ),
  'fp-ts': fileURLToPath(import.meta.resolve('fp-ts')),
  'fast-check': fileURLToPath(import.meta.resolve('fast-check')),
}
const atHome = (code: string): string => code.replace(/from '([^']+)'/g, (_, name) => `from '${homes[name] ?? name}'`)

/** The code of a document in one language, block by block. */
export const blocksOf = async (document: string, language = 'ts'): Promise<readonly string[]> => {
  const text = await readFile(join(root, document), 'utf8')
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
}

/** What a document quotes, indented by four: one paragraph each, its lines joined. */
export const quotesOf = async (document: string): Promise<readonly string[]> => {
  const text = await readFile(join(root, document), 'utf8')
  const code = text.replace(/```.*?```/gs, '')
  return [...code.matchAll(/(?<=\n\n)(?: {4}.*\n)+/g)].map(([lines]) =>
    lines
      .trim()
      .split(/\s*\n\s*/)
      .join(' '),
  )
}

export interface Outside {
  /** Writes a file and gives its name. */
  readonly file: (name: string, code: string) => Promise<string>
  /** Runs a file with arguments; rejects where it fails. */
  readonly run: (
    name: string,
    ...args: readonly string[]
  ) => Promise<{ readonly stdout: string; readonly stderr: string }>
  /** Starts a file with arguments; its output is for the caller to read. */
  readonly start: (name: string, ...args: readonly string[]) => ChildProcess
  /** Checks the types of some files; rejects where there is an error. */
  readonly check: (names: readonly string[]) => Promise<unknown>
  readonly remove: () => Promise<void>
}

export const outside = async (): Promise<Outside> => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-docs-'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const execute = (command: string, ...args: readonly string[]) =>
    promisify(execFile)('env', ['-u', 'NODE_OPTIONS', command, ...args], { cwd: folder })
  const options = '--noEmit --strict --skipLibCheck --module nodenext --target es2024 --lib es2024,esnext.iterator'
  const types = ['--allowImportingTsExtensions', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const ambient = ['wasm/webassembly', 'gpu/gpujs'].map((name) => join(root, `backends/${name}.d.ts`))
  return {
    file: async (name, code) => {
      await writeFile(join(folder, name), atHome(code))
      return name
    },
    run: (name, ...args) => execute(process.execPath, name, ...args),
    // the process itself and no `env` before it, so that a signal reaches it
    start: (name, ...args) =>
      spawn(process.execPath, [name, ...args], { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } }),
    check: (names) =>
      execute(join(root, 'node_modules/.bin/tsc'), ...options.split(' '), ...types, ...ambient, ...names),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

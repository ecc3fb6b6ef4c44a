/**
 * The public API as text: every export of every entry point with the first sentence of its docstring. It prints
 * docs/api.md: `npx node spec/docs/api.ts > docs/api.md`.
 */
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }

const root = resolve(import.meta.dirname, '../..')

export interface Export {
  readonly name: string
  readonly kind: 'value' | 'type'
  /** Its docstring on one line; null where there is none. */
  readonly doc: string | null
  /** The file that declares it, from the root. */
  readonly file: string
}

export interface EntryPoint {
  /** `diffit/nn` */
  readonly name: string
  /** The comment at the head of its file. */
  readonly doc: string
  /** In the order of their names. */
  readonly exports: readonly Export[]
}

/** A comment on one line, without its stars and without what follows its first paragraph. */
const paragraph = (comment: string): string =>
  comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join('\n')
    .trim()
    .split(/\n\n|\n@/)
    .slice(0, 1)
    .join('')
    .replace(/\s+/g, ' ')

/** The docstring that ends right above a place in a file. */
const docAbove = (code: string, at: number): string | null => {
  const before = code.slice(0, at)
  if (!/\*\/\n$/.test(before)) return null
  const from = before.lastIndexOf('/**')
  return from < 0 ? null : paragraph(before.slice(from + 3).replace(/\*\/\n$/, ''))
}

const declaration = /^export (?:abstract )?(async function|const|function\*?|class|interface|type) (\w+)/gm

/** What a file declares. */
const declared = (file: string, code: string): readonly Export[] =>
  [...code.matchAll(declaration)].map(({ index, 1: what, 2: name = '' }) => ({
    name,
    kind: what === 'interface' || what === 'type' ? 'type' : 'value',
    doc: docAbove(code, index),
    file,
  }))

/** Names of an export list, and what they are called in the file that they come from. */
const listed = (list: string): readonly { readonly local: string; readonly name: string }[] =>
  list
    .split(',')
    .map((item) => item.trim().replace(/^type /, ''))
    .filter((item) => item !== '')
    .map((item) => {
      const [local = item, name = local] = item.split(' as ')
      return { local, name }
    })

/** Everything that a file exports; of an overloaded function the first declaration, which has the docstring. */
const exportsOf = async (file: string): Promise<ReadonlyMap<string, Export>> => {
  const code = await readFile(join(root, file), 'utf8')
  const all = new Map<string, Export>()
  const put = (name: string, one: Export): unknown => all.has(name) || all.set(name, { ...one, name })
  for (const one of declared(file, code)) put(one.name, one)
  for (const { 1: list, 2: path = '' } of code.matchAll(/^export (?:type )?(?:\*|\{([^}]*)\}) from '([^']+)'/gm)) {
    const from = await exportsOf(join(dirname(file), path))
    for (const { local, name } of list === undefined
      ? [...from.keys()].map((n) => ({ local: n, name: n }))
      : listed(list)) {
      const one = from.get(local)
      if (one === undefined) throw new Error(`${file} exports ${local}, which ${path} does not declare`)
      put(name, one)
    }
  }
  return all
}

const byName = (a: Export, b: Export): number => a.name.localeCompare(b.name, 'en') || (a.name < b.name ? -1 : 1)

/** The entry points of the package, as package.json lists them. */
export const entryPoints = async (): Promise<readonly EntryPoint[]> => {
  const found = Object.entries(manifest.exports).flatMap(([name, target]) =>
    typeof target === 'string'
      ? []
      : [{ name: name.replace(/^\./, 'diffit'), file: target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts') }],
  )
  return Promise.all(
    found.map(async ({ name, file }) => {
      const [, head = ''] = /^\/\*\*([\s\S]*?)\*\//.exec(await readFile(join(root, file), 'utf8')) ?? []
      return { name, doc: paragraph(head), exports: [...(await exportsOf(file)).values()].sort(byName) }
    }),
  )
}

/** Up to the full stop that ends a sentence; that of `et al.` does not. */
export const firstSentence = (doc: string): string =>
  (/^.*?(?<!\bal)\.(?= [A-Z`(]|$)/.exec(doc)?.[0] ?? doc).replace(/:$/, '.')

const line = ({ name, doc }: Export): string => `- \`${name}\`: ${doc === null ? '' : firstSentence(doc)}`

const section = ({ name, doc, exports }: EntryPoint): string => {
  const of = (kind: Export['kind']): string =>
    exports
      .filter((one) => one.kind === kind)
      .map(line)
      .join('\n')
  const types = of('type')
  return `## ${name}\n\n${doc}\n\n${of('value')}${types === '' ? '' : `\n\nTypes:\n\n${types}`}\n`
}

const intro = `# The API

Every export of every entry point, with the first sentence of its docstring, which your editor shows in full: shapes by
axis letters, units, errors and sources. Printed by \`npx node spec/docs/api.ts\`; a test compares.
`

export const apiDocument = (all: readonly EntryPoint[]): string => [intro, ...all.map(section)].join('\n')

if (import.meta.main) process.stdout.write(apiDocument(await entryPoints()))

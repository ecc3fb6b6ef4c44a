/** What the documents point at is there: linked files and headings, paths of the sources, scripts of npm. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'
import manifest from '../../package.json' with { type: 'json' }

const root = resolve(import.meta.dirname, '../..')
const inDocs = (await readdir(join(root, 'docs'))).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)
const documents = await Promise.all(
  ['README.md', 'CONTRIBUTING.md', ...inDocs].map(async (path) => ({
    path,
    text: await readFile(join(root, path), 'utf8'),
  })),
)

/** The anchor that a heading gets. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

/** `a/{b,c}.ts` is two paths. */
const expanded = (path: string): readonly string[] => {
  const [all, list] = /\{([^}]*)\}/.exec(path) ?? []
  return all === undefined || list === undefined
    ? [path]
    : list.split(',').flatMap((one) => expanded(path.replace(all, one.trim())))
}

for (const { path, text } of documents) {
  const prose = text.replace(/```.*?```/gs, '')
  t.test(`${path}: links lead somewhere`, async (t) => {
    for (const { 1: label = '', 2: link = '' } of prose.matchAll(/(?<!!)\[([^\]]+)\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue
      const [file = '', anchor] = link.split('#')
      const to = file === '' ? path : join(dirname(path), file)
      t.ok(existsSync(join(root, to)), `[${label}](${link})`)
      if (anchor === undefined) continue
      const headings = [...(await readFile(join(root, to), 'utf8')).matchAll(/^#+ (.*)$/gm)]
      t.ok(
        headings.some(([, heading = '']) => anchorOf(heading) === anchor),
        `${link} is a heading`,
      )
    }
  })
  t.test(`${path}: paths of the repository are there`, async (t) => {
    const paths = [...text.matchAll(/`((?:src|backends|bench|bin|browser|docs|properties|spec)\/[^`\s*]*)`/g)]
    for (const one of paths.flatMap(([, named = '']) => expanded(named))) t.ok(existsSync(join(root, one)), one)
  })
  t.test(`${path}: scripts of npm are there`, async (t) => {
    for (const [, script = ''] of text.matchAll(/npm run (?:-\w+ )*([a-z][\w:-]*)/g))
      t.ok(Object.hasOwn(manifest.scripts, script), `npm run ${script}`)
  })
}

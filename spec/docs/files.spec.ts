/** Every source that the documents about the engine name is there. */

import { globSync } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import t from 'tap'

const sources = new Set(
  globSync(['src/**/*.ts', 'backends/**/*.ts', 'bench/*.ts'], { exclude: ['**/node_modules/**'] }).map((path) =>
    basename(path),
  ),
)

for (const name of ['kernels', 'webgpu', 'backends', 'architecture', 'performance', 'results'])
  t.test(`docs/${name}.md: its files are there`, async (t) => {
    const text = await readFile(`docs/${name}.md`, 'utf8')
    for (const [, path = ''] of text.matchAll(/`(?:npx node )?([\w./]+\.ts)\b[^`]*`/g))
      if (path.includes('/')) await t.resolves(access(path), path)
      else t.ok(sources.has(path), path)
    for (const [, path = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g))
      await t.resolves(access(`docs/${path}`), path)
  })

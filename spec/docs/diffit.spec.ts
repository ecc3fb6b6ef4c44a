/** Links of docs/diffit.md from equations to functions and types: every linked file exists and declares the names given. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t from 'tap'

const docs = resolve(import.meta.dirname, '../../docs')
const text = await readFile(join(docs, 'diffit.md'), 'utf8')
const links = [...text.matchAll(/\[([^\]]*`[^\]]*)\]\(([^)]+)\)/g)].map(([, names = '', path = '']) => ({
  names: [...names.matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) => (name.endsWith('.ts') ? [] : [name])),
  path,
}))

t.test('everything that the equations name is exported by the file that they link', async (t) => {
  t.ok(links.length > 20)
  for (const { names, path } of links) {
    const code = await readFile(join(docs, path), 'utf8')
    for (const name of names)
      t.match(code, new RegExp(`export (const|function|interface|type) ${name}\\b`), `${name} in ${path}`)
  }
})

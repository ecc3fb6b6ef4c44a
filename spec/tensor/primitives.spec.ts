/** The table of primitives is what the modules declare: none is forgotten, and no two share a name. */
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t from 'tap'
import { primitives, primitivesOf } from '../../src/tensor/primitives.ts'

const folder = resolve(import.meta.dirname, '../../src/tensor')

t.test('every primitive that a module of src/tensor exports is in the table, once', async (t) => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts'))
  const modules = await Promise.all(
    files.map(async (file) => {
      const module: Readonly<Record<string, unknown>> = await import(join(folder, file))
      return { file, rows: primitivesOf(module) }
    }),
  )
  for (const { file, rows } of modules)
    for (const row of rows) t.ok(primitives.includes(row), `${row.name} of ${file} is in the table`)
  const declared = new Set(modules.flatMap(({ rows }) => rows))
  t.equal(declared.size, primitives.length)
  t.equal(new Set(primitives).size, primitives.length)
  t.ok(declared.size > 30, `${declared.size} were found`)
})

t.test('two primitives never share a name', async (t) => {
  const names = primitives.map((row) => row.name)
  t.same(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  )
})

t.test('every primitive has a case for the laws', async (t) => {
  for (const { name, cases } of primitives) t.ok(cases.length > 0, name)
})

/** The files that `.taprc` leaves out, one after another in one process; `npx tap FILE` runs one of them by itself. */
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'

const { exclude }: { readonly exclude: readonly string[] } = parse(readFileSync('.taprc', 'utf8'))

for (const pattern of exclude) {
  const files = globSync(pattern).sort()
  t.ok(files.length > 0, `${pattern}: ${files.length} files`)
  for (const file of files) await import(resolve(file))
}

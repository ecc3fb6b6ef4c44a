/** The group `units`; and what `.taprc` leaves out is what the groups run. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { groups, runGroup } from './groups.ts'

t.test('every file that is not run by itself is in one group', async (t) => {
  const { exclude }: { readonly exclude: readonly string[] } = parse(readFileSync('.taprc', 'utf8'))
  t.strictSame(exclude, Object.values(groups).flat())
})

await runGroup('units')

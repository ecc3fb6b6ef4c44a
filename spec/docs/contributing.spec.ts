/** The table of folders in CONTRIBUTING.md is what biome.json enforces. */
import { readFile } from 'node:fs/promises'
import t from 'tap'

const rules = (text: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...text.matchAll(/"message": "(src(?:\/\w+)+|backends) may import (?:from src\/ )?(?:only|no) ([^."]+)\."/g)].map(
      ([, folder = '', list = '']) => [
        folder,
        list === 'other room' ? [] : list.split(/, | and /).filter((room) => room !== 'codec'),
      ],
    ),
  )

const rows = (text: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...text.matchAll(/^\| `([\w/]+)` \| .* \| ([^|]+) \|$/gm)].map(([, folder = '', list = '']) => [
      folder,
      list.trim() === 'nothing' ? [] : list.split(', ').map((room) => room.trim().replace(/^src\//, '')),
    ]),
  )

t.test('every folder may import what the table says', async (t) => {
  const [enforced, told] = [
    rules(await readFile('biome.json', 'utf8')),
    rows(await readFile('CONTRIBUTING.md', 'utf8')),
  ]
  t.ok(enforced.size >= 14)
  for (const [folder, list] of enforced)
    t.same([...(told.get(folder) ?? ['not there'])].sort(), [...list].sort(), folder)
})

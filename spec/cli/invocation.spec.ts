/** Messages name commands that work where they are read: in a clone, and where the package is installed. */
import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'
import { invocation } from '../../src/cli/invocation.ts'

t.test('a command is typed as this one was', async (t) => {
  const [clone, installed] = [
    '/home/me/diffit/src/cli/main.ts',
    '/home/me/app/node_modules/diffit/dist/src/cli/main.js',
  ]
  t.equal(invocation('sample', '--run runs/a', clone), 'npm run sample -- --run runs/a')
  t.equal(invocation('sample', '--run runs/a', installed), 'npx diffit sample --run runs/a')
  t.equal(invocation('sample', '--run runs/a', undefined), 'npm run sample -- --run runs/a')
})

/** Where each is decided, for the command line and before it can be loaded; what speaks only of a script that npm runs. */
const decides = ['src/cli/invocation.ts', 'src/cli/settings/swallowed.ts', 'bin/start.js', 'bin/prepare.js']

t.test('no other file names a script of npm', async (t) => {
  let seen = 0
  for (const folder of ['src', 'bin'])
    for (const name of await readdir(folder, { recursive: true })) {
      const file = `${folder}/${name}`
      if (!/\.[jt]s$/.test(file) || decides.includes(file)) continue
      seen++
      t.notMatch(await readFile(file, 'utf8'), /npm run|npm ci|npx /, file)
    }
  t.ok(seen > 100)
})

/** docs/recipes.md: its commands have flags that there are, its settings are settings, its files are those that are written. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { either as E } from 'fp-ts'
import t from 'tap'
import { mostImages } from '../../src/cli/comparison/validation.ts'
import { decodeOptions, flagsOf } from '../../src/cli/settings/flags.ts'
import { readSettings } from '../../src/cli/settings/settings.ts'

const text = await readFile('docs/recipes.md', 'utf8')
const blocks = (language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block)

t.test('the commands shown are commands', async (t) => {
  const lines = blocks('sh').flatMap((block) => block.trim().split('\n'))
  t.ok(lines.length > 3)
  for (const line of lines) {
    const [, words = ''] = /^npm run compare -- ([^#]*)/.exec(line) ?? []
    const given = [...words.matchAll(/--(\S+)(?: ([^-\s]\S*))?/g)].map(([, name = '', value]) => [name, value] as const)
    t.ok(given.length > 0, line)
    for (const [name] of given)
      t.ok(name === 'help' || flagsOf('compare').some((flag) => flag.startsWith(`--${name} `)), `--${name}`)
    t.ok(E.isRight(decodeOptions('compare', Object.fromEntries(given))), line)
  }
})

t.test('the settings shown are settings, and differ from the preset as they say', async (t) => {
  for (const yaml of blocks('yaml')) t.match(readSettings(yaml, {}), { right: { training: { optimiser: 'muon' } } })
})

t.test('the settings that are there to be compared are settings, each in a command', async (t) => {
  const folder = 'docs/recipes'
  for (const name of await readdir(folder)) {
    t.ok(E.isRight(readSettings(await readFile(join(folder, name), 'utf8'), {})), name)
    t.match(text, `${folder}/${name}`)
  }
})

t.test('the loss that compares all is of as many images as it says', async (t) => {
  t.match(text, `on the same ${mostImages} held-out images`)
})

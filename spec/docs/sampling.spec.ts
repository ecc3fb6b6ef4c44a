/** docs/sampling.md: its commands are commands, its pictures are theirs, its numbers are those of the options. */
import { readFile, stat } from 'node:fs/promises'
import { either as E } from 'fp-ts'
import t from 'tap'
import { calls } from '../../src/cli/settings/calls.ts'
import { decodeOptions, flagsOf } from '../../src/cli/settings/flags.ts'
import { type ImageOperation, imageOperations } from '../../src/cli/settings/option.ts'
import * as diffusion from '../../src/diffusion/index.ts'
import { descentsOf } from '../../src/diffusion/operations/descents.ts'
import { stepsOfStrength } from '../../src/diffusion/operations/img2img.ts'

const text = await readFile('docs/sampling.md', 'utf8')
const prose = text.replaceAll(/\s+/g, ' ')
const [, ...sections] = text.split(/^## /m)
const sectionOf = (operation: ImageOperation): string => sections.find((one) => one.startsWith(`${operation}:`)) ?? ''

/** The options of a command line, by their keys. */
const optionsIn = (line: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...line.matchAll(/--(\S+) (?:"([^"]*)"|(\S+))/g)].map(([, name = '', quoted, bare = '']) => [
      name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
      quoted ?? bare,
    ]),
  )
const commandsIn = (section: string): readonly string[] =>
  [...section.matchAll(/^npm run sample -- .*$/gm)].map(([line]) => line)

for (const operation of imageOperations)
  t.test(
    `${operation}: its commands have flags that there are, and its picture is what one of them writes`,
    async (t) => {
      const section = sectionOf(operation)
      const commands = commandsIn(section)
      t.ok(commands.length > 0)
      for (const line of commands) {
        t.ok(line.startsWith(`npm run sample -- ${operation} `), line)
        for (const [, name = ''] of line.matchAll(/ (--\S+)/g))
          t.ok(flagsOf(operation).some((flag) => flag.startsWith(`${name} `)) || name === '--', name)
        const read = decodeOptions(operation, optionsIn(line))
        t.ok(E.isRight(read), E.isLeft(read) ? read.left : '')
      }
      const [, picture = ''] = /!\[[^\]]+\]\(images\/(\w+)\.webp\)/.exec(section) ?? []
      t.ok(commands.some((line) => optionsIn(line).out === `${picture}.png`))
      t.ok((await stat(`docs/images/${picture}.webp`)).size < 60_000, 'small')
    },
  )

t.test('numbers are those of the options', async (t) => {
  const { strength } = optionsIn(sectionOf('img2img'))
  t.match(prose, `the last ${stepsOfStrength(18, Number(strength))} of 18`)
  const resampling = { resample: calls.resample.about.default, jump: calls.jump.about.default }
  t.match(prose, `\`--jump\` steps (${resampling.jump} unless given)`)
  t.match(prose, `\`--resample\` times (${resampling.resample} unless given)`)
  t.match(prose, `18 steps become ${descentsOf(18, resampling).reduce((sum, { from, to }) => sum + to - from, 0)}`)
  t.match(prose, `\`--frames\` noise levels (${calls.frames.about.default} unless given)`)
})

t.test('the functions are there', async (t) => {
  const [, named = ''] = /## In a program(.*)$/s.exec(text) ?? []
  for (const [, name = ''] of named.matchAll(/`([a-z]\w+)`/g)) t.ok(Object.hasOwn(diffusion, name), name)
})

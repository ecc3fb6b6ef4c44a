/** README's training program is the first example, and it learns. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { blocksOf, outside } from './outside.ts'

const [program = ''] = await blocksOf('README.md')

t.test('the ten-line training program is docs/examples/regression.ts without its comment', async (t) => {
  const example = await readFile('docs/examples/regression.ts', 'utf8')
  t.equal(program, example.replace(/^\/\*\*.*?\*\/\s*/s, ''))
})

t.test('beside imports it has ten lines, and its loss falls to a hundredth', async (t) => {
  const lines = program.split('\n').filter((line) => line !== '' && !line.startsWith('import '))
  t.equal(lines.length, 10)
  const there = await outside()
  t.teardown(there.remove)
  const { stdout } = await there.run(await there.file('program.ts', program))
  const losses = stdout
    .trim()
    .split('\n')
    .map((line) => Number(line.split(' ')[1]))
  const [first = Number.NaN] = losses
  const last = losses.at(-1) ?? Number.NaN
  t.ok(last < first / 100, `from ${first} at the first line to ${last}`)
})

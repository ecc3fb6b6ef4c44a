/** The dumps of docs/architecture.md are what its program prints. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { blocksOf, outside } from './outside.ts'

const document = 'docs/architecture.md'

t.test('the dumps are what the program prints', async (t) => {
  const [program = ''] = await blocksOf(document)
  const there = await outside()
  t.teardown(there.remove)
  const name = await there.file('dumps.ts', program)
  await t.resolves(there.check([name]))
  const { stdout } = await there.run(name)
  const text = await readFile(document, 'utf8')
  const shown = [...text.matchAll(/```\n((?:%0|inputs:).*?)\n```/gs)].map(([, dump = '']) => dump)
  t.equal(shown.length, 4)
  t.same(shown, stdout.trimEnd().split('\n\n'))
})

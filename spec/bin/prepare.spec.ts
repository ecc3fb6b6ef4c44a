/** A clone after `npm ci`: its own name leads to its sources, not to a build that can be older. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { links } from '../../bin/prepare.js'
import manifest from '../../package.json' with { type: 'json' }

const entries = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [{ name: name.replace(/^\./, 'diffit'), built: target.default }],
)

t.test('a link stands for every entry point and for the command, and leads to its source', async (t) => {
  t.same(links({ exports: { './nn': { types: './dist/src/nn/index.d.ts', default: './dist/src/nn/index.js' } } }), [
    ['./dist/src/nn/index.d.ts', "export * from '../../../src/nn/index.ts'\n"],
    ['./dist/src/nn/index.js', "export * from '../../../src/nn/index.ts'\n"],
    ['./dist/src/cli/main.d.ts', "export * from '../../../src/cli/main.ts'\n"],
    ['./dist/src/cli/main.js', "export * from '../../../src/cli/main.ts'\n"],
  ])
  for (const [path, text] of links(manifest))
    t.equal(await readFile(path, 'utf8'), text, `${path}: run npm run prepare`)
})

for (const { name, built } of entries)
  t.test(`${name} is its source`, async (t) => {
    const source = await import(built.replace(/^\.\/dist\/(.*)\.js$/, '../../$1.ts'))
    const own = await import(name)
    t.ok(Object.keys(source).length > 0)
    for (const key of Object.keys(source)) t.equal(own[key], source[key], key)
  })

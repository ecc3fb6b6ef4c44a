/** The example page of docs/browser.md, served verbatim next to the built library. */
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t from 'tap'
import { inChromium, openPage } from '../browser/chromium.ts'
import { buildLibrary, serve } from '../browser/site.ts'

const text = await readFile(resolve(import.meta.dirname, '../../docs/browser.md'), 'utf8')
const [, page = ''] = /```html\n(.*?)```/s.exec(text) ?? []

t.test('the example is a page of 15 lines that fits the line, from any folder', inChromium, async (t) => {
  t.ok(page.trim().split('\n').length <= 15)
  const folder = t.testdir({ some: { where: {} } })
  const where = join(folder, 'some/where')
  await buildLibrary(where)
  await writeFile(join(where, 'index.html'), page)
  const { value, complaints } = await openPage(t, `${await serve(t, folder, true)}some/where/`)
  await value(`new Promise((done) => {
    const look = () => document.body?.textContent.includes('found') ? done() : setTimeout(look, 20)
    look()
  })`)
  t.match(await value('document.body.textContent'), /^wasm \(128-bit .*\), \d+ threads? found y = 2\.000 x$/)
  t.strictSame(complaints, [])
})

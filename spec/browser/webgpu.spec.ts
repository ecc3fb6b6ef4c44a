/** The webgpu backend in a page; it needs no headers. */
import t from 'tap'
import { cases } from '../../properties/agreement/cases.ts'
import { needs } from '../needs.ts'
import { inChromium, openPage } from './chromium.ts'
import { buildPage, serve } from './site.ts'

t.test('the webgpu backend in a page', inChromium, async (t) => {
  const folder = t.testdir()
  await buildPage(folder)
  const page = await openPage(t, `${await serve(t, folder, false)}page.html`)
  const description = String(await page.value(`jobs.description('webgpu', 1)`))
  const options = needs('webgpu', description.startsWith('Refusal') ? description : null)
  await t.test('agrees with cpu', options, async (t) => {
    t.match(description, /^webgpu \(.+\)$/)
    for (const { name } of cases)
      t.equal(await page.value(`jobs.agrees('webgpu', ${JSON.stringify(name)})`), null, name)
    t.strictSame(page.complaints, [])
  })
  await t.test('the page goes on while it computes', options, async (t) => {
    t.equal(await page.value(`jobs.lives('webgpu')`), true)
  })
})

/** The gpu backend in a page, on each device that pages have; it needs no headers. */
import t from 'tap'
import { cases } from '../../properties/agreement/cases.ts'
import { needs } from '../needs.ts'
import { inChromium, openPage } from './chromium.ts'
import { buildPage, serve } from './site.ts'

for (const device of ['webgpu', 'webgl2'])
  t.test(`the gpu backend in a page, on ${device}`, inChromium, async (t) => {
    const folder = t.testdir()
    await buildPage(folder)
    const page = await openPage(t, `${await serve(t, folder, false)}page.html`)
    const description = String(await page.value(`jobs.description('gpu on ${device}', 1)`))
    const options = needs(device, description.startsWith('Refusal') ? description : null)
    await t.test('agrees with cpu', options, async (t) => {
      t.match(description, new RegExp(`^gpu \\(${device}: `))
      for (const { name } of cases)
        t.equal(await page.value(`jobs.agrees('gpu on ${device}', ${JSON.stringify(name)})`), null, name)
      t.strictSame(page.complaints, [])
    })
  })

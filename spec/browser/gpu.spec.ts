/** The gpu backend in a page, on each device that pages have; it needs no headers. */
import t from 'tap'
import { cases } from '../../properties/agreement/cases.ts'
import { skipUnless } from '../required.ts'
import { noChromium, openPage } from './chromium.ts'
import { buildPage, serve } from './site.ts'

for (const device of ['webgpu', 'webgl2'])
  t.test(`the gpu backend in a page, on ${device}`, { skip: noChromium }, async (t) => {
    const folder = t.testdir()
    await buildPage(folder)
    const page = await openPage(t, `${await serve(t, folder, false)}page.html`)
    const description = String(await page.value(`jobs.description('${device}', 1)`))
    const missing = skipUnless(!description.startsWith('Refusal'), `${device} in this Chromium: ${description}`)
    if (missing !== false) {
      t.pass('the device', { skip: missing })
      return
    }
    t.match(description, new RegExp(`^gpu \\(${device}: `))
    for (const { name } of cases)
      t.equal(await page.value(`jobs.agrees('${device}', ${JSON.stringify(name)})`), null, name)
    t.strictSame(page.complaints, [])
  })

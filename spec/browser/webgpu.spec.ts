/**
 * The webgpu backend in a page; it needs no headers. Of trainings the page does that of the reference's trajectory: the
 * agreement suite's are done in Node.
 */
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { cases } from '../../properties/agreement/cases.ts'
import { training } from '../../properties/agreement/training.ts'
import { needs } from '../needs.ts'
import { fixture, parities } from '../parities.ts'
import { inChromium, openPage } from './chromium.ts'
import { buildPage, serve } from './site.ts'

t.test('the webgpu backend in a page', inChromium, async (t) => {
  const folder = t.testdir()
  await buildPage(folder)
  for (const name of parities.webgpu) await copyFile(fixture(name), join(folder, `${name}.safetensors`))
  const page = await openPage(t, `${await serve(t, folder, false)}page.html`)
  const description = String(await page.value(`jobs.description('webgpu', 1)`))
  const options = needs('webgpu', description.startsWith('Refusal') ? description : null)
  await t.test('agrees with cpu', options, async (t) => {
    t.match(description, /^webgpu \(.+\)$/)
    for (const { name } of cases.filter((c) => !training.includes(c)))
      t.equal(await page.value(`jobs.agrees('webgpu', ${JSON.stringify(name)})`), null, name)
    t.strictSame(page.complaints, [])
  })
  await t.test('agrees with the reference', options, async (t) => {
    for (const name of parities.webgpu)
      t.match(
        await page.value(`jobs.parity('webgpu', '${name}.safetensors')`),
        /^within, as a (case|trajectory)$/,
        name,
      )
  })
  await t.test('the page goes on while it computes', options, async (t) => {
    t.equal(await page.value(`jobs.lives('webgpu')`), true)
  })
})

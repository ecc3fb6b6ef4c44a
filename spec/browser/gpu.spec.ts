/**
 * The gpu backend in a page, on each device that pages have; it needs no headers. Of the two models each device trains
 * one: to compile the steps of both takes a third of the suite's time, and WebGPU trains both in Node.
 */
import t from 'tap'
import { cases } from '../../properties/agreement/cases.ts'
import { training } from '../../properties/agreement/training.ts'
import { needs } from '../needs.ts'
import { inChromium, openPage } from './chromium.ts'
import { buildPage, serve } from './site.ts'

const devices = [
  ['webgpu', 'five steps of training the image model'],
  ['webgl2', 'five steps of training the latent model'],
] as const
const trainings: readonly string[] = training.map(({ name }) => name)

t.test('each model is trained on one of the devices', async (t) => {
  t.strictSame(new Set(devices.map(([, trained]) => trained)), new Set(trainings))
})

for (const [device, trained] of devices)
  t.test(`the gpu backend in a page, on ${device}`, inChromium, async (t) => {
    const folder = t.testdir()
    await buildPage(folder)
    const page = await openPage(t, `${await serve(t, folder, false)}page.html`)
    const description = String(await page.value(`jobs.description('gpu on ${device}', 1)`))
    const options = needs(device, description.startsWith('Refusal') ? description : null)
    await t.test('agrees with cpu', options, async (t) => {
      t.match(description, new RegExp(`^gpu \\(${device}: `))
      for (const { name } of cases.filter(({ name }) => name === trained || !trainings.includes(name)))
        t.equal(await page.value(`jobs.agrees('gpu on ${device}', ${JSON.stringify(name)})`), null, name)
      t.strictSame(page.complaints, [])
    })
  })

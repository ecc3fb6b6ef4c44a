/** A device of a page that is lost: the error says which, and nothing hangs. */
import t from 'tap'
import { needs } from '../needs.ts'
import { inChromium, openPage } from './chromium.ts'
import { buildPage, serve } from './site.ts'

for (const [device, name] of [
  ['webgpu', 'gpu on webgpu'],
  ['webgl2', 'gpu on webgl2'],
  ['webgpu', 'webgpu'],
] as const)
  t.test(`a device of a page, ${name}`, inChromium, async (t) => {
    const folder = t.testdir()
    await buildPage(folder)
    const page = await openPage(t, `${await serve(t, folder, false)}page.html`)
    const description = String(await page.value(`jobs.description('${name}', 1)`))
    const options = needs(device, description.startsWith('Refusal') ? description : null)
    await t.test('reports that it is lost', options, async (t) => {
      for (const during of device === 'webgpu' ? [false, true] : [false]) {
        const [said, again] = Object(await page.value(`jobs.losing('${name}', ${during})`))
        t.match(
          said,
          name === 'webgpu'
            ? /^BackendLost: webgpu: .* was lost: /
            : new RegExp(`^BackendLost: gpu: ${device} .* was lost: `),
        )
        t.equal(again, true)
      }
    })
  })

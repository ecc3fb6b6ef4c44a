/** The wasm backend in a page, from the same sources as in Node. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { cases } from '../../properties/agreement/cases.ts'
import { inChromium, openPage } from './chromium.ts'
import { buildPage, serve } from './site.ts'

t.test('the wasm backend in a page', inChromium, async (t) => {
  const folder = t.testdir()
  await buildPage(folder)

  await t.test('agrees with cpu', async (t) => {
    const page = await openPage(t, `${await serve(t, folder, true)}page.html`)
    for (const { name } of cases) t.equal(await page.value(`jobs.agrees('wasm', ${JSON.stringify(name)})`), null, name)
    t.strictSame(page.complaints, [])
  })

  await t.test('says why its kernels are not 256-bit, and keeps the page responsive', async (t) => {
    const page = await openPage(t, `${await serve(t, folder, true)}page.html`)
    t.match(
      await page.value(`jobs.description('wasm', 2)`),
      /^wasm \(128-bit (fma|simd): a page cannot set --experimental-wasm-revectorize.*\), 2 threads$/,
    )
    t.equal(await page.value(`jobs.lives('wasm')`), true)
  })

  await t.test('refuses where threads cannot share memory, and names the headers', async (t) => {
    const page = await openPage(t, `${await serve(t, folder, false)}page.html`)
    t.match(
      await page.value(`jobs.description('wasm', 2)`),
      /^Refusal: wasm: threads cannot share memory .* Cross-Origin-Opener-Policy: same-origin and .*require-corp$/,
    )
    t.equal(await page.value(`jobs.description('cpu', 1)`), 'cpu (float64 JavaScript), 1 thread')
  })

  await t.test('says which thread died', async (t) => {
    const page = await openPage(t, `${await serve(t, folder, true)}page.html`)
    for (const during of [false, true])
      t.strictSame(
        await page.value(`jobs.losing('wasm', ${during})`),
        ['BackendLost: wasm: compute thread 2 of 2 was lost: it ended', true],
        during ? 'in a run' : 'between two runs',
      )
  })

  await t.test('says that its worker file is missing', async (t) => {
    await rm(join(folder, 'worker.js'))
    const page = await openPage(t, `${await serve(t, folder, true)}page.html`)
    t.match(
      await page.value(`jobs.description('wasm', 2)`),
      /^BackendLost: wasm: compute thread 1 of 2 was lost: its file could not be loaded/,
    )
  })
})

/** Headless Chromium for specs. */
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import { needs } from '../needs.ts'

const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'

/** Options of a test that opens a page. */
export const inChromium = needs(
  'chromium',
  existsSync(executablePath) ? null : `${executablePath} is not there (CHROMIUM=PATH names another)`,
)

const args = [
  '--headless',
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  // SwiftShader takes seconds to compile memory of workgroups that is zeroed the other way
  '--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Page {
  /** The value of an expression, or of the promise that it gives, as JSON holds it. */
  readonly value: (expression: string) => Promise<unknown>
  /** Errors of the page so far: console errors, and uncaught errors. */
  readonly complaints: readonly string[]
}

/** A slow machine is not a failure: the test runner ends what hangs. */
const patient = { timeout: 0 }

/** One for all pages of a file; null where there is none. */
const browser = existsSync(executablePath) ? await chromium.launch({ ...patient, executablePath, args }) : null
t.teardown(() => browser?.close())

/** A page at an address, which shares nothing with other pages; complaints are shown with the test, which closes it. */
export const openPage = async (t: Test, url: string): Promise<Page> => {
  if (browser === null) throw new Error(`${executablePath} is not there`)
  const page = await browser.newPage()
  t.teardown(() => page.close())
  const complaints: string[] = []
  const complain = (what: string): void => {
    complaints.push(what)
    t.comment(`in the page: ${what}`)
  }
  page.on('console', (message) => {
    if (message.type() === 'error') complain(message.text())
  })
  page.on('pageerror', (error) => complain(String(error)))
  page.on('crash', () => complain('it crashed'))
  // browsers ask for one whatever the page says
  await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }))
  await page.goto(url, patient)
  return { value: (expression) => page.evaluate(expression), complaints }
}

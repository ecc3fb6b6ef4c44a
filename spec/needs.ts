/**
 * What a test needs from the machine, a device or a program: if it is missing the test is skipped and says so.
 * DIFFIT_REQUIRE lists what must be present (`webgpu,webgl2,headlessgl,chromium` in CI): then a missing one is a failure.
 */
const required = (process.env.DIFFIT_REQUIRE ?? '').split(',')

/** Options of a test that needs something; `why` says why it is not there, null where it is. */
export const needs = (what: string, why: string | null): { readonly skip: string | false } => {
  if (why === null) return { skip: false }
  if (required.includes(what)) throw new Error(`${what} is required here (DIFFIT_REQUIRE): ${why}`)
  return { skip: `no ${what}: ${why}` }
}

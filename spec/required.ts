/** What tests need beside npm's packages: where it is missing they are skipped and say so; with CI=true they fail. */
export const skipUnless = (there: boolean, lookedFor: string): string | false => {
  if (there) return false
  if (process.env.CI === 'true') throw new Error(`CI needs ${lookedFor}, which is not there`)
  return `there is no ${lookedFor}`
}

/** Peak memory of one computation of the large workload, in a process of its own: `node bench/largeResident.ts CASE THREADS`. */
import { largeCases } from './largeCases.ts'
import { peakOf, printPeak } from './peak.ts'

const [, script, name, threads, smoke] = process.argv
const self = new URL(import.meta.url).pathname

/** Peak in MiB; null if unknown. */
export const largeResidentMib = (of: string, on: number, isSmoke: boolean): Promise<number | null> =>
  peakOf(self, [of, `${on}`, ...(isSmoke ? ['smoke'] : [])])

if (script === self) {
  const found = largeCases(smoke === 'smoke').find((c) => c.name === name)
  if (found === undefined) throw new Error(`there is no case "${name}"`)
  const { once, stop } = await found.ours.prepare(Number(threads))
  await once()
  await stop()
  printPeak()
}

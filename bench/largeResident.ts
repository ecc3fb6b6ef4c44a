/** Peak memory of one computation of the large workload, in a process of its own: `node bench/largeResident.ts CASE THREADS`. */
import { spawn } from 'node:child_process'
import { largeCases } from './largeCases.ts'

const [, script, name, threads, smoke] = process.argv
const self = new URL(import.meta.url).pathname

/** Peak in MiB; null if unknown. */
export const largeResidentMib = (of: string, on: number, isSmoke: boolean): Promise<number | null> =>
  new Promise((resolve) => {
    const args = [self, of, `${on}`, ...(isSmoke ? ['smoke'] : [])]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (part) => {
      text += part
    })
    child.once('close', () => resolve(Number.parseInt(text, 10) || null))
  })

if (script === self) {
  const found = largeCases(smoke === 'smoke').find((c) => c.name === name)
  if (found === undefined) throw new Error(`there is no case "${name}"`)
  const { once, stop } = await found.ours.prepare(Number(threads))
  await once()
  await stop()
  console.log(Math.round(process.resourceUsage().maxRSS / 1024))
}

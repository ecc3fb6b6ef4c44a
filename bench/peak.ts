/** Peak resident memory of a script that runs in a process of its own and prints it. */
import { spawn } from 'node:child_process'

/** What a script prints with `printPeak`, in MiB; null if unknown. */
export const peakOf = (script: string, words: readonly string[]): Promise<number | null> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (part) => {
      text += part
    })
    child.once('close', () => resolve(Number.parseInt(text, 10) || null))
  })

/** Prints the peak of this process so far, in MiB. */
export const printPeak = (): void => console.log(Math.round(process.resourceUsage().maxRSS / 1024))

/** Peak memory of our training step, in a separate process: `node bench/resident.ts CONFIG BATCH THREADS`. */
import { spawn } from 'node:child_process'
import * as E from 'fp-ts/lib/Either.js'
import { trainableOf } from './model.ts'
import { compiledStep } from './trainingStep.ts'

const [, script, config, batch, threads] = process.argv
const self = new URL(import.meta.url).pathname

/** Peak in MiB; null if unknown. */
export const residentMib = (raw: unknown, images: number, on: number): Promise<number | null> =>
  new Promise((resolve) => {
    const args = [self, JSON.stringify(raw), `${images}`, `${on}`]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (part) => {
      text += part
    })
    child.once('close', () => resolve(Number.parseInt(text, 10) || null))
  })

if (script === self) {
  const model = trainableOf(JSON.parse(config ?? ''), Number(batch))
  if (E.isLeft(model)) throw new Error(model.left)
  const { once, stop } = await compiledStep(model.right, Number(threads))
  for (let i = 0; i < 3; i++) await once()
  await stop()
  console.log(Math.round(process.resourceUsage().maxRSS / 1024))
}

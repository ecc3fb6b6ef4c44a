/** Peak memory of our training step, in a separate process: `node bench/resident.ts CONFIG BATCH THREADS`. */
import * as E from 'fp-ts/lib/Either.js'
import { trainableOf } from './model.ts'
import { peakOf, printPeak } from './peak.ts'
import { compiledStep } from './trainingStep.ts'

const [, script, config, batch, threads] = process.argv
const self = new URL(import.meta.url).pathname

/** Peak in MiB; null if unknown. */
export const residentMib = (raw: unknown, images: number, on: number): Promise<number | null> =>
  peakOf(self, [JSON.stringify(raw), `${images}`, `${on}`])

if (script === self) {
  const model = trainableOf(JSON.parse(config ?? ''), Number(batch))
  if (E.isLeft(model)) throw new Error(model.left)
  const { once, stop } = await compiledStep(model.right, Number(threads))
  for (let i = 0; i < 3; i++) await once()
  await stop()
  printPeak()
}

/** Noise levels as a network takes them: the input `time`. */
import { frequencies } from '../nn/embedding.ts'
import type { Process } from './process/process.ts'
import { timeEmbedding } from './timeEmbedding.ts'

/** The sinusoids of each noise level's time in a process, [n, 256]. */
export const times = ({ time }: Process, sigmas: readonly number[]): Float64Array => {
  const rows = new Float64Array(sigmas.length * frequencies)
  sigmas.forEach((sigma, i) => {
    rows.set(timeEmbedding(frequencies)(time(sigma)), i * frequencies)
  })
  return rows
}

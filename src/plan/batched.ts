/** An executable of one batch size, run over any number of images. */
import { element } from '../codec/element.ts'
import { joined } from '../codec/joined.ts'
import type { Executable, Named, Numbers } from './backend.ts'

/** What is run: an executable whose parameters were written, and its one input of so many numbers for each image. */
export interface Batched {
  readonly executable: Pick<Executable, 'run'>
  /** Images at a time. */
  readonly batch: number
  readonly input: string
  /** Numbers of an image's input. */
  readonly each: number
}

/** An output of a network by name; a RangeError where it gives none. */
export const outputOf = <N extends Numbers>(outputs: Readonly<Record<string, N>>, name: string): N => {
  const found = outputs[name]
  if (found === undefined) throw new RangeError(`the network gives no "${name}"`)
  return found
}

/**
 * The outputs of n images by name, each [n, ...]: the last batch is padded with zeros, and an image's outputs depend on that
 * image only. A RangeError where the numbers are not those of whole images.
 * @param stopCheck called before each batch; throws if the work should stop
 */
export const batched =
  ({ executable, batch, input, each }: Batched, stopCheck: () => void = () => undefined) =>
  async (values: Numbers): Promise<Readonly<Record<string, Float32Array>>> => {
    const n = values.length / each
    if (!Number.isInteger(n) || n === 0)
      throw new RangeError(`${values.length} numbers: expected at least one block of ${each} for "${input}"`)
    const answers: Named[] = []
    for (let from = 0; from < n; from += batch) {
      stopCheck()
      const count = Math.min(batch, n - from)
      const padded = new Float32Array(batch * each)
      padded.set(values.subarray(from * each, (from + count) * each))
      const answer = Object.entries(await executable.run({ [input]: padded }))
      answers.push(
        Object.fromEntries(
          answer.map(([name, numbers]) => [name, numbers.subarray(0, (count * numbers.length) / batch)]),
        ),
      )
    }
    const names = Object.keys(element(answers, 0))
    return Object.fromEntries(
      names.map((name) => [name, joined(answers.map((answer) => outputOf(answer, name)))] as const),
    )
  }

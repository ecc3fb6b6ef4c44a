/** A compiled network of one batch size, run over any number of images. */
import { joined } from '../codec/joined.ts'
import type { Executable, Named, Numbers } from '../plan/backend.ts'

/** What is run: an executable whose parameters were written, and its one input of so many numbers for each image. */
export interface Batched {
  readonly executable: Pick<Executable, 'run'>
  /** Images at a time. */
  readonly batch: number
  readonly input: string
  /** Numbers of an image's input. */
  readonly each: number
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
      const answer = await executable.run({ [input]: padded })
      answers.push(
        Object.fromEntries(
          Object.entries(answer).map(([name, numbers]) => [
            name,
            numbers.subarray(0, (count * numbers.length) / batch),
          ]),
        ),
      )
    }
    const names = Object.keys(answers[0] ?? {})
    return Object.fromEntries(
      names.map((name) => [name, joined(answers.flatMap((answer) => answer[name] ?? []))] as const),
    )
  }

/** An output of a network by name. */
export const outputOf = (outputs: Readonly<Record<string, Float32Array>>, name: string): Float32Array => {
  const found = outputs[name]
  if (found === undefined) throw new RangeError(`the network gives no "${name}"`)
  return found
}

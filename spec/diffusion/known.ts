/** A network whose answer for every label is known: F is what it should be if the clean image were the label's. */
import type { CompiledNetwork } from '../../src/diffusion/network.ts'
import type { Process } from '../../src/diffusion/process/process.ts'
import { times } from '../../src/diffusion/times.ts'
import type { Executable, Named } from '../../src/plan/backend.ts'

export const elements = 12

/** What a network is asked, in the frame x = y + sigma n. */
export interface Asked {
  readonly x: Float64Array
  readonly sigma: number
  /** The row of its label; empty without classes. */
  readonly row: readonly number[]
}

export interface Known {
  readonly process: Process
  /** The noise levels at which it will be asked; a level is recognised by its sinusoids. */
  readonly levels: readonly number[]
  readonly batch: number
  /** Null: unconditional. */
  readonly classes: number | null
  /** The clean image of a label, of 12 numbers; or the estimate of it, which may depend on what was asked. */
  readonly imageOf: (label: number | null, asked: Asked) => ArrayLike<number>
  /** Called with the feeds of each batch. */
  readonly seen?: (feeds: Named) => void
  /** The output for F [b, h, w, c]; F itself unless given. */
  readonly output?: (f: Float64Array) => Float64Array
}

const within = (feeds: Named, name: string): Float32Array | Float64Array => {
  const values = feeds[name]
  if (values === undefined) throw new RangeError(`the network was not fed ${name}`)
  return values
}

/** Images [2, 2, 3]. */
export const knownNetwork = (known: Known): CompiledNetwork => {
  const { process, levels, batch, classes, imageOf } = known
  const levelOf = new Map(levels.filter((s) => s > 0).map((s) => [times(process, [s]).join(), s]))
  const labelOf = (feeds: Named, i: number): number | null => {
    if (classes === null) return null
    const row = within(feeds, 'labels').subarray(i * (classes + 1), (i + 1) * (classes + 1))
    const place = row.indexOf(1)
    return place === classes ? null : place
  }
  const executable: Executable = {
    write: async () => undefined,
    run: async (feeds) => {
      known.seen?.(feeds)
      const input = within(feeds, 'input')
      const time = within(feeds, 'time')
      const f = new Float64Array(batch * elements)
      for (let i = 0; i < batch; i++) {
        const sigma =
          levelOf.get(time.slice((i * time.length) / batch, ((i + 1) * time.length) / batch).join()) ?? Number.NaN
        const [shown, target] = [process.noising(sigma), process.target(sigma)]
        const x = Float64Array.from(input.slice(i * elements, (i + 1) * elements), (v) => v / shown.image)
        const row =
          classes === null ? [] : [...within(feeds, 'labels').slice(i * (classes + 1), (i + 1) * (classes + 1))]
        Array.from(imageOf(labelOf(feeds, i), { x, sigma, row })).forEach((y, j) => {
          const at = i * elements + j
          const n = ((input[at] ?? Number.NaN) - shown.image * y) / shown.noise
          f[at] = target.image * y + target.noise * n
        })
      }
      return { network: known.output?.(f) ?? f }
    },
    read: async () => ({}),
    profile: async () => [],
    description: 'known',
    bytes: 0,
    dispose: async () => undefined,
  }
  return { executable, batch, size: 2, channels: 3, classes, process }
}

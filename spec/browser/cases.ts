/** Cases of agreement, in the shape of the suite. */
import fc from 'fast-check'
import { cpu } from '../../backends/cpu/index.ts'
import { randomGraph } from '../../properties/graphs.ts'
import type { Backend } from '../../src/lower/backend.ts'
import { evaluate } from '../../src/lower/compile.ts'

export interface Case {
  readonly name: string
  readonly run: (backend: Backend) => Promise<void>
}

export const cases: readonly Case[] = [
  {
    name: 'random graphs',
    run: (backend) =>
      fc.assert(
        fc.asyncProperty(randomGraph(14), async ({ outputs, feeds }) => {
          const [found, expected] = [await evaluate(backend)(outputs, feeds), await evaluate(cpu)(outputs, feeds)]
          for (const [name, xs] of Object.entries(expected))
            xs.forEach((x, i) => {
              const y = found[name]?.[i] ?? Number.NaN
              if (!(Math.abs(x - y) <= 1e-4 * Math.max(1, ...xs.map(Math.abs))))
                throw new Error(`${name}[${i}] is ${y}, not ${x}`)
            })
        }),
        { numRuns: 4 },
      ),
  },
]

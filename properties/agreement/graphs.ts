/** Random graphs: whatever the scheduler fuses, places, cuts into regions or computes in place. */
import fc from 'fast-check'
import { randomGraph } from '../graphs.ts'
import { agrees } from './agree.ts'
import type { Case } from './case.ts'

const runs = 4

export const graphs: readonly Case[] = [6, 14, 24].map((most) => ({
  name: `${runs} random graphs of up to ${most} operations`,
  run: (backend) =>
    fc.assert(
      fc.asyncProperty(randomGraph(most), ({ outputs, feeds, inputs }) =>
        agrees(backend, 1e-4)(outputs, feeds, inputs),
      ),
      { numRuns: runs },
    ),
}))

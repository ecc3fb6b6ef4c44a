/** Random graphs: they exercise fusion, placement, regions and in-place computation. */
import fc from 'fast-check'
import { randomGraph } from '../graphs.ts'
import { agrees } from './agree.ts'
import type { Case } from './case.ts'
import { isSteady } from './steady.ts'

const runs = 4
const tolerance = 1e-4

export const graphs: readonly Case[] = [6, 14, 24].map((most) => ({
  name: `${runs} random graphs of up to ${most} operations`,
  run: (backend) =>
    fc.assert(
      fc.asyncProperty(randomGraph(most).filter(isSteady(tolerance)), ({ outputs, feeds, inputs }) =>
        agrees(backend, tolerance)(outputs, feeds, inputs),
      ),
      { numRuns: runs },
    ),
}))

/** Laws of every row of the table of primitives: what its declaration claims. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { primitiveLaws } from '../src/check/index.ts'
import { primitives } from '../src/tensor/primitives.ts'

const seed = fc.nat(2 ** 31 - 1)

for (const row of primitives)
  for (const { name, holds } of primitiveLaws(cpu)(row))
    t.test(name, () => fc.assert(fc.asyncProperty(seed, holds), { numRuns: 12 }))

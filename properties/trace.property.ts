/** A trace finds the first NaN of any graph, in a step whose operands are none or in what was fed. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { traceProgram } from '../src/check/trace.ts'
import { randomIeeeGraph } from './graphs.ts'

t.test('the first NaN: a step that makes NaN of numbers, or a number that was NaN before any kernel ran', async (t) => {
  const seen = { none: 0, steps: 0, given: 0 }
  await fc.assert(
    fc.asyncProperty(randomIeeeGraph(), fc.boolean(), async ({ outputs, inputs, feeds }, spoiled) => {
      const spoil = (x: Float64Array): Float64Array => (spoiled ? x.map((v, i) => (i === 0 ? Number.NaN : v)) : x)
      const fed = Object.fromEntries(Object.entries(feeds).map(([name, x]) => [name, spoil(x)]))
      const { rows, fault } = await traceProgram(cpu)({ outputs, inputs }, fed)
      if (fault === null) {
        seen.none += 1
        return rows.every((row) => row.nans === 0)
      }
      const { step, row, written } = fault
      const last = row === rows.at(-1) && row.nans > 0 && rows.slice(0, -1).every((r) => r.nans === 0)
      if (step === null) {
        seen.given += 1
        return last && spoiled && written === null
      }
      seen.steps += 1
      const numbers = step.operation === 'constant' || step.operands.every((x) => !Number.isNaN(x))
      return last && numbers && written !== null
    }),
    { numRuns: 400 },
  )
  for (const [way, times] of Object.entries(seen)) t.ok(times > 10, `${way}: ${times} graphs`)
})

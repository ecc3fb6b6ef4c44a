/** What docs/backends.md quotes is what backends say. */
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import { exp, input } from '../../src/tensor/ops.ts'
import { quotesOf } from './outside.ts'

t.test('the refusal to observe reads as quoted', async (t) => {
  const quotes = await quotesOf('docs/backends.md')
  const refused = evaluate(backends.wasm, { observe: () => undefined })({ y: exp(input('x', [])) }, { x: 1 })
  const message = await refused.catch((error: Error) => error.message)
  t.ok(typeof message === 'string' && quotes.includes(message), String(message))
})

/** The line of the user in the stack of a node. */
import t from 'tap'
import { lineOf } from '../../src/tensor/built.ts'
import * as T from '../../src/tensor/ops.ts'
import { recorded } from '../../src/tensor/tensor.ts'

const stack = (...places: readonly string[]): Error =>
  Object.assign(new Error(), { stack: `Error\n${places.map((place) => `    at f (${place})`).join('\n')}` })

t.test('the first line outside of the engine, of sources, of what is built and of a bundle', async (t) => {
  const source = stack('file:///d/src/tensor/ops.ts:1:2', 'file:///d/src/nn/linear.ts:3:4', 'file:///me/a.ts:5:6')
  t.equal(lineOf(source, 'file:///d/src/tensor/built.ts'), '/d/src/nn/linear.ts:3:4')
  const built = stack('file:///d/dist/src/transform/grad.js:1:2', 'file:///me/my%20layer.ts:5:6')
  t.equal(lineOf(built, 'file:///d/dist/src/tensor/built.js'), '/me/my layer.ts:5:6')
  const page = stack('https://a.org/lib/diffit.js:1:2', 'https://a.org/page.js:5:6')
  t.equal(lineOf(page, 'https://a.org/lib/host.js'), 'https://a.org/page.js:5:6')
  t.equal(lineOf(stack('node:internal/modules/run_main:1:2'), 'file:///d/src/tensor/built.ts'), null)
})

t.test('what stands on a recorded input knows its line, and nothing else does', async (t) => {
  const limit = Error.stackTraceLimit
  const x = T.input('x', [2])
  t.equal(T.softmax(0)(x).built, undefined)
  const { built } = T.softmax(0)(recorded(x))
  t.match(built === undefined ? null : lineOf(built), /spec\/tensor\/built\.spec\.ts:\d+:\d+$/)
  t.equal(Error.stackTraceLimit, limit)
})

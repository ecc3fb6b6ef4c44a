/** The examples of docs/testing-a-layer.md as a stranger would use them: they type-check, they run, and they are short. */
import t from 'tap'
import { blocksOf, outside, quotesOf } from './outside.ts'

const blocks = await blocksOf('docs/testing-a-layer.md')
/** The document has three programs: a layer of plain tensors, a trace, and TMSA with a change to it. */
const [plain, layers] = [blocks.slice(0, 3).join('\n'), blocks.slice(4).join('\n')]
const quotes = await quotesOf('docs/testing-a-layer.md')
const there = await outside()
t.teardown(there.remove)

t.test('a property test of a layer takes less than 30 lines, swapping the backend at most three', async (t) => {
  const [test = '', , swap = ''] = blocks
  t.equal(blocks.length, 6)
  t.ok(test.trim().split('\n').length < 30)
  t.ok(swap.trim().split('\n').length <= 3)
})

t.test('the examples type-check', async (t) => {
  await t.resolves(there.check([await there.file('types.ts', plain), await there.file('layers.ts', layers)]))
})

t.test('the examples run, and the two backends agree', async (t) => {
  const { stdout } = await there.run(await there.file('run.ts', plain))
  const lines = stdout.trim().split('\n')
  const difference = Number(lines.at(-1))
  t.ok(difference < 1e-6, `the last line is the difference of the backends: ${lines.at(-1)}`)
  t.ok(lines.length > 3, 'every kernel was shown')
})

t.test(
  'the property test of the example fails, with seed and input named, when a rule is wrong by a thousandth',
  async (t) => {
    const wrong = `
import { sub as minus, mul as times, unary, sigmoid as right } from 'diffit'
const sigmoid = unary('planted', {
  as: right.express,
  vjp: ({ y, dy }) => [times(times(dy, times(y, minus(1, y))), 1.001)],
  domain: { interval: [-1, 1] },
})
`
    const [test = ''] = blocks
    const name = await there.file('wrong.ts', `${wrong}${test.replace(' sigmoid,', '')}`)
    const { stderr } = await there.run(name).catch((e: { stderr: string }) => e)
    t.match(stderr, /Property failed after 1 tests/)
    t.match(stderr, /seed -?\d+: the (gradient of|second derivative along) (x|gate|dy) is wrong: reverse mode gives/)
  },
)

t.test('a wrong rule is reported as the document says, to nine digits', async (t) => {
  const planted = `import { sub as minus, mul as times, unary, sigmoid as right } from 'diffit'
const sigmoid = unary('planted', {
  as: right.express,
  vjp: ({ y, dy }) => [times(times(dy, times(y, minus(1, y))), 1.001)],
  domain: { interval: [-1, 1] },
})
`
  const [test = ''] = blocks
  const holds = test.replace(' sigmoid,', '').replace(/\nawait fc.*\n/, '')
  const once = 'await gradientHolds(backends.cpu)(gated, shapes)(7).catch((e) => console.log(String(e)))'
  const { stdout } = await there.run(await there.file('once.ts', `${planted}${holds}\n${once}\n`))
  const short = (text: string): string => text.trim().replace(/\d\.\d{9,}/g, (digits) => Number(digits).toPrecision(9))
  t.ok(quotes.map(short).includes(short(stdout)), stdout)
})

t.test('TMSA and the changed TMSA hold', async (t) => {
  await t.resolves(there.run(await there.file('tmsa.ts', layers)))
})

t.test('the property test of the changed TMSA fails when a rule is wrong by a thousandth', async (t) => {
  const wrong = `
import { pow, unary, rsqrt as right } from 'diffit'
const rsqrt = unary('planted', {
  as: right.express,
  vjp: ({ x: [x], dy }) => [mul(dy, mul(pow(x, -1.5), -0.5005))],
  domain: { interval: [1, 2] },
})
`
  const name = await there.file('wrongTmsa.ts', `${wrong}${layers.replace(' rsqrt,', '')}`)
  const { stderr } = await there.run(name).catch((e: { stderr: string }) => e)
  t.match(stderr, /Property failed after 1 tests/)
  t.match(stderr, /seed -?\d+: the (gradient of|second derivative along) [\w.]+ is wrong: reverse mode gives/)
})

t.test('the checker says of log what the document says that it says', async (t) => {
  const code = `import { backends } from 'diffit/backends'
import { checkGradient } from 'diffit/check'
import { log } from 'diffit'
console.log((await checkGradient(backends.cpu)((x) => log(x), [2, 3])).message)
`
  const { stdout } = await there.run(await there.file('log.ts', code))
  t.ok(quotes.includes(stdout.trim()), stdout)
})

t.test('a trace ends as the document says', async (t) => {
  const [, , , example = ''] = blocks
  const code = `import { backends } from 'diffit/backends'
import type { Tensor } from 'diffit'
${example}`
  const { stdout } = await there.run(await there.file('layer.ts', code))
  const place = / built at \S+:\d+:\d+$/
  const last = stdout.trim().split('\n').at(-1) ?? ''
  t.match(last, / built at \S+layer\.ts:\d+:\d+$/)
  t.ok(
    quotes.some((quote) => quote.replace(place, '') === last.replace(place, '')),
    last,
  )
})

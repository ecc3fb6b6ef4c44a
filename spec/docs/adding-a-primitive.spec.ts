/** docs/adding-a-primitive.md, followed to the letter outside of the package: its files type-check, and their laws hold. */
import t from 'tap'
import { blocksOf, outside } from './outside.ts'

const blocks = (await blocksOf('docs/adding-a-primitive.md')).map((code) => ({
  name: /^\/\/ (\w+\.ts)\n/.exec(code)?.[1] ?? '',
  code,
}))
const names = blocks.map(({ name }) => name)
const there = await outside()
t.teardown(there.remove)
for (const { name, code } of blocks) await there.file(name, code)

t.test('every block is a file of its own', async (t) => {
  t.same(names, ['softplus.ts', 'logAddExp.ts', 'swiglu.ts', 'product.ts', 'clamp.ts', 'laws.ts'])
})

t.test('the files type-check', (t) => t.resolves(there.check(names)))

t.test('their laws hold', async (t) => {
  const { stdout } = await there.run('laws.ts')
  const laws = stdout.trim().split('\n')
  for (const name of ['softplus', 'logAddExp', 'swiglu', 'product', 'clamp'])
    t.ok(
      laws.includes(`${name}: its vjp is linear in dy`) || laws.includes(`${name} (1): its vjp is linear in dy`),
      name,
    )
  t.ok(laws.includes('softplus: its expression in float32 is its meaning'))
  t.ok(laws.includes('logAddExp: f(f(a, b), c) = f(a, f(b, c))'))
  t.ok(laws.includes('product (1): its fold may be taken in any order'))
  t.ok(laws.includes('clamp, logAddExp, product, softplus, swiglu: on wasm as on cpu, with their gradients'))
})

t.test('a rule that is wrong by a thousandth, and a claim that is not so, are named', async (t) => {
  const broken = async (of: string, right: string, wrong: string): Promise<string> => {
    const code = blocks.find(({ name }) => name === of)?.code ?? ''
    t.ok(code.includes(right), `${of} has ${right}`)
    await there.file(of, code.replace(right, wrong))
    const { stderr } = await there.run('laws.ts').catch((e: { stderr: string }) => e)
    await there.file(of, code)
    return stderr
  }
  t.match(
    await broken('softplus.ts', 'mul(dy, sigmoid(x))', 'mul(dy, mul(sigmoid(x), 1.001))'),
    /GradientError: seed 1: the gradient of x\.0 is wrong/,
  )
  t.match(
    await broken('logAddExp.ts', 'right: Number.NEGATIVE_INFINITY', 'right: 0'),
    /LawError: logAddExp: f\(a, 0\) = a, in its domain: element \d is/,
  )
  t.match(await broken('product.ts', 'start: 1', 'start: 0'), /LawError: product \(1\): its start is its identity/)
})

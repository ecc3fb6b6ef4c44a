/** The laws of a primitive reject what is wrong, each its own kind, and say where. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { agreementLaw, type Law, primitiveLaws } from '../../src/check/index.ts'
import { type Declaration, exp, neg, type One, one, primitive } from '../../src/index.ts'
import type { Backend } from '../../src/plan/backend.ts'
import { plantedRows } from './plantedRows.ts'

const reasonOf = (law: Law, seed: number): Promise<string | null> =>
  law.holds(seed).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )

for (const { what, row, fails } of plantedRows)
  t.test(`planted: ${what}`, async (t) => {
    for (const law of primitiveLaws(cpu)(row)) {
      const reasons = await Promise.all([1, 2, 3].map((seed) => reasonOf(law, seed)))
      const expected = fails.some((words) => words.test(law.name))
      t.equal(
        reasons.every((reason) => reason !== null),
        expected,
        `${law.name}: ${reasons[0] ?? 'holds'}`,
      )
      t.equal(
        reasons.some((reason) => reason !== null),
        expected,
        'whatever the seed',
      )
    }
    const names = primitiveLaws(cpu)(row).map((law) => law.name)
    t.ok(
      fails.every((words) => names.some((name) => words.test(name))),
      'there is a law for it',
    )
  })

const lawOf = (what: string, words: RegExp): readonly Law[] =>
  plantedRows
    .filter((planted) => planted.what === what)
    .flatMap(({ row }) => primitiveLaws(cpu)(row).filter(({ name }) => words.test(name)))

t.test('a law that does not hold says what, where, and what was expected', async (t) => {
  const laws = lawOf('1 is the right identity of a difference', /f\(a, 1\)/)
  t.equal(laws.length, 1)
  for (const { holds } of laws)
    await t.rejects(holds(1), {
      name: 'LawError',
      message: /^planted: f\(a, 1\) = a, in its domain: element 0 is -?[\d.]+, expected -?[\d.]+$/,
    })
})

t.test('a backend that is off by a thousandth does not agree', async (t) => {
  const compile: Backend['compile'] = async (plan, options) => {
    const executable = await cpu.compile(plan, options)
    const run: typeof executable.run = async (feeds) => {
      const outputs = await executable.run(feeds)
      return Object.fromEntries(Object.entries(outputs).map(([name, x]) => [name, x.map((v) => v * 1.001)]))
    }
    return { ...executable, run }
  }
  const wrong = agreementLaw({ ...cpu, compile }, cpu)(exp.primitive)
  await t.rejects(wrong.holds(1), { message: /^exp: element \d is [\d.]+, expected [\d.]+$/ })
  await t.resolves(agreementLaw(cpu, cpu)(exp.primitive).holds(1))
})

const declaration: Declaration<One, Record<string, never>> = {
  name: 'planted',
  takes: one,
  shape: ([x]) => E.right(x.shape),
  lower: ([x]) => ({ kind: 'expand', into: neg(x) }),
  vjp: ({ dy }) => [neg(dy)],
  domain: { interval: [0, 1], cases: [{ attributes: {}, shapes: [[2]] }] },
}

t.test('a primitive without a case, and an algebra that cannot be asked, are refused', async (t) => {
  const without = primitive({ ...declaration, domain: { interval: [0, 1], cases: [] } })
  t.throws(() => primitiveLaws(cpu)(without), /^planted: its domain has no cases/)
  const claiming = primitive({ ...declaration, algebra: { commutative: true } })
  t.throws(
    () => primitiveLaws(cpu)(claiming),
    /^planted: its algebra claims commutative, expected two inputs of one shape/,
  )
})

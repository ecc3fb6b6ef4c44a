/** An executable's behaviour beyond its results: persistent state and inputs, and error messages. */

import { compile } from '../../src/lower/compile.ts'
import type { Backend, Executable, Observed } from '../../src/plan/backend.ts'
import { Refusal } from '../../src/plan/errors.ts'
import { add, input, mul } from '../../src/tensor/ops.ts'
import { compare } from './agree.ts'
import type { Case } from './case.ts'

const [sum, x] = [input('sum', [3]), input('x', [3])]

/** sum' = sum + x, and twice the new sum. */
const summing = { outputs: { twice: mul(add(sum, x), 2) }, state: { sum: add(sum, x) } }

const using = async (backend: Backend, work: (e: Executable) => Promise<void>): Promise<void> => {
  const executable = await compile(backend)(summing)
  try {
    await work(executable)
  } finally {
    await executable.dispose()
  }
}

const rejects = async (act: Promise<unknown>, word: RegExp): Promise<void> => {
  const message = await act.then(
    () => 'nothing: it went well',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  if (!word.test(message)) throw new Error(`expected an error with ${word}, got "${message}"`)
}

const of = (...numbers: readonly number[]): Float64Array => Float64Array.from(numbers)

export const machine: readonly Case[] = [
  {
    name: 'state starts as zeros and goes on from run to run; an input keeps its value',
    run: (backend) =>
      using(backend, async (e) => {
        compare(await e.run({ x: of(1, 2, 3) }), { twice: of(2, 4, 6) }, 1e-6)
        compare(await e.run({}), { twice: of(4, 8, 12) }, 1e-6)
        await e.write({ sum: of(0, 0, 10) })
        compare(await e.run({ x: of(1, 1, 1) }), { twice: of(2, 2, 22) }, 1e-6)
        compare(await e.read(['sum', 'x']), { sum: of(1, 1, 11), x: of(1, 1, 1) }, 1e-6)
      }),
  },
  {
    name: 'kernels are observed one by one, or observing is refused: never silently left out',
    run: async (backend) => {
      const seen: string[] = []
      const observe = ({ name }: Observed): void => {
        seen.push(name)
      }
      try {
        const e = await compile(backend, { observe })(summing)
        await e.run({ x: of(1, 2, 3) })
        await e.dispose()
      } catch (error) {
        if (error instanceof Refusal) return
        throw error
      }
      if (seen.length === 0) throw new Error('no kernel was observed, and nothing was refused')
    },
  },
  {
    name: 'runs that are asked for at once follow each other',
    run: (backend) =>
      using(backend, async (e) => {
        const all = await Promise.all([e.run({ x: of(1, 1, 1) }), e.run({}), e.run({ x: of(5, 0, 0) })])
        compare(all[2] ?? {}, { twice: of(14, 4, 4) }, 1e-6)
      }),
  },
  {
    name: 'an input that is declared and not needed may be fed and changes nothing; its length is checked',
    run: async (backend) => {
      const spare = input('spare', [2])
      const gone = mul(input('gone', [3]), 0)
      const e = await compile(backend)({ ...summing, outputs: { twice: add(mul(x, 2), gone) }, inputs: [spare] })
      try {
        compare(await e.run({ x: of(1, 2, 3) }), { twice: of(2, 4, 6) }, 1e-6)
        const fed = await e.run({ x: of(1, 2, 3), spare: of(7, 7), gone: of(8, 8, 8) })
        compare(fed, { twice: of(2, 4, 6) }, 1e-6)
        await rejects(e.run({ spare: of(7) }), /spare.*2.*1/s)
        await rejects(e.run({ spar: of(7, 7) }), /spar.*spare/s)
        compare(await e.read(['sum']), { sum: of(2, 4, 6) }, 1e-6)
      } finally {
        await e.dispose()
      }
    },
  },
  {
    name: 'an unknown name, a wrong length, a missing input and a run after the end are errors',
    run: (backend) =>
      using(backend, async (e) => {
        await rejects(e.write({ y: of(1) }), /y.*sum|sum.*y/s)
        await rejects(e.write({ x: of(1, 2) }), /x.*3.*2/s)
        await rejects((await compile(backend)(summing)).run({}), /x/)
        const gone = await compile(backend)(summing)
        await gone.dispose()
        await rejects(gone.run({ x: of(1, 2, 3) }), /dispose/)
      }),
  },
]

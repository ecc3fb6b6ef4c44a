/** Laws of the checker itself: what it draws, and what it rejects at every seed. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { sameOnly, wave, waveOfSecondOrder } from '../spec/check/planted.ts'
import { checkGradient } from '../src/check/index.ts'
import type { Backend, Named, Numbers } from '../src/plan/backend.ts'
import { mul, type Tensor } from '../src/tensor/ops.ts'

const seed = fc.integer({ min: 0, max: 2 ** 31 })

/** `cpu`, recording everything that it was fed. */
const recording = (): { readonly backend: Backend; readonly fed: readonly Named[] } => {
  const fed: Named[] = []
  const compile: Backend['compile'] = async (plan, options) => {
    const executable = await cpu.compile(plan, options)
    const run = (feeds: Named): Promise<Named> => {
      fed.push(feeds)
      return executable.run(feeds)
    }
    return { ...executable, run }
  }
  return { backend: { ...cpu, compile }, fed }
}

const words = (x: Numbers): string => Array.from(x, (v) => v.toPrecision(6)).join(' ')

/** The direction from `from` to `to`, up to sign; null if they are equal. */
const line = (from: Numbers, to: Numbers): string | null => {
  const d = Float64Array.from(to, (v, i) => v - (from[i] ?? Number.NaN))
  const length = Math.hypot(...d) * Math.sign(d.find((v) => v !== 0) ?? 1)
  return length === 0 ? null : Array.from(d, (v) => (v / length).toFixed(4)).join(' ')
}

t.test('every input, incoming gradient and direction has different values, whatever the seed', () =>
  fc.assert(
    fc.asyncProperty(seed, async (s) => {
      const { backend, fed } = recording()
      const [inputs, directions] = [['x', 'y'], 2]
      await checkGradient(backend)(
        ({ x, y }: Readonly<Record<'x' | 'y', Tensor>>) => mul(x, y),
        { x: [3], y: [3] },
        {
          seed: s,
          directions,
        },
      )
      // the runs of reverse mode are fed the points as they are
      const points = fed.filter((feeds) => 'one' in feeds)
      const still: Named = Object.fromEntries(points.flatMap((feeds) => Object.entries(feeds)))
      const numbers = Object.values(still).filter((x) => x.length === 3)
      const lines = fed.flatMap((feeds) =>
        Object.entries(feeds).flatMap(([name, values]) => {
          const from = still[name]
          return from === undefined ? [] : (line(from, values) ?? [])
        }),
      )
      const [first, second] = [inputs.length, inputs.length + 1]
      return (
        // x, y, dy, and a gradient's gradient for each input
        numbers.length === 2 * inputs.length + 1 &&
        new Set(numbers.map(words)).size === numbers.length &&
        new Set(lines).size === directions * (first + second)
      )
    }),
    { numRuns: 20 },
  ),
)

t.test('a rule that is right only where two inputs are equal is wrong, whatever the seed', () =>
  fc.assert(
    fc.asyncProperty(seed, async (s) => {
      const { ok, worst } = await checkGradient(cpu)(sameOnly, { x: [2], y: [2] }, { seed: s })
      return !ok && worst.order === 1 && worst.input === 'x'
    }),
    { numRuns: 20 },
  ),
)

t.test('large higher derivatives at the first step: right rules pass, rules off by a thousandth fail', () =>
  fc.assert(
    fc.asyncProperty(seed, async (s) => {
      const okOf = async (f: (x: Tensor) => Tensor): Promise<boolean> =>
        (await checkGradient(cpu)(f, [2], { seed: s })).ok
      const right = (await okOf(wave(() => 0))) && (await okOf(waveOfSecondOrder(0)))
      return right && !(await okOf(wave(() => 1e-3))) && !(await okOf(waveOfSecondOrder(1e-3)))
    }),
    { numRuns: 20 },
  ),
)

/** The host's side of a step, with an executable that only records its feeds. */
import t from 'tap'
import { key } from '../../src/random/key.ts'
import { runOf } from '../../src/train/run.ts'
import { warmup } from '../../src/train/schedule.ts'
import type { CompiledStep } from '../../src/train/step.ts'
import { line } from './line.ts'
import { batchesOf, type Rules, rules, taskOf } from './tiny.ts'

const shape = { size: 1, channels: 1, classes: null }
const own: Rules = { ...rules, batch: 6, microBatch: 2 }

/** A run whose images are their positions; `seen` grows with every image that is asked for, `fed` with every run. */
const noting = (r: Rules) => {
  const seen: number[] = []
  const fed: { readonly feeds: object; readonly kept: unknown; readonly made: number }[] = []
  const executable: Pick<CompiledStep, 'run' | 'read' | 'write' | 'description' | 'dispose'> = {
    write: async () => undefined,
    run: async (feeds) => {
      fed.push({ feeds, kept: feeds.kept, made: seen.length })
      return { loss: 1, gradientNorm: 1 }
    },
    read: () => Promise.reject(new Error('nothing is read')),
    description: 'notes',
    dispose: async () => undefined,
  }
  const image = (position: number) => {
    seen.push(position)
    return { image: Float32Array.of(position), label: null }
  }
  const run = runOf(executable, taskOf(line, shape, r))
  return { run, batches: batchesOf(shape, r, key(1), image), seen, fed }
}

t.test(
  'micro-batches are prepared one ahead of the computation, each image once, in the order of the stream',
  async (t) => {
    const { run, batches, seen, fed } = noting(own)
    const steps = run.steps(batches)
    await steps.next()
    await steps.next()
    t.same(
      seen,
      Array.from({ length: 14 }, (_, i) => i),
    )
    t.same(
      fed.map(({ made }) => made),
      [2, 4, 6, 8, 10, 12],
    )
    t.same(
      fed.map(({ kept }) => kept),
      [0, 1, 1, 0, 1, 1],
    )
  },
)

t.test('a batch of a billion is started without preparing it all', async (t) => {
  const { run, batches, fed } = noting({ ...own, batch: 1e9, microBatch: 10 })
  const made: number[] = []
  const enough = new Error('enough')
  fed.push = (one) => {
    made.push(one?.made ?? Number.NaN)
    if (made.length === 3) throw enough
    return made.length
  }
  await t.rejects(run.steps(batches).next(), enough)
  t.same(made, [10, 20, 30])
})

t.test('a step depends only on its position: what was prepared ahead changes nothing', async (t) => {
  const [through, afresh] = [noting(own), noting(own)]
  const steps = through.run.steps(through.batches)
  await steps.next()
  await steps.next()
  await afresh.run.load({}, { images: 6, updates: 1 })
  await afresh.run.steps(afresh.batches).next()
  t.strictSame(
    through.fed.slice(3).map(({ feeds }) => feeds),
    afresh.fed.map(({ feeds }) => feeds),
  )
})

t.test("an update's learning rate and average count its own images, in each of its micro-batches", async (t) => {
  const learningRate = warmup({ peak: 1, warmup: 60 })
  const { run, batches, fed } = noting({
    ...own,
    adamw: { ...own.adamw, learningRate },
    ema: { halfLife: 1e9, ramp: 0.5 },
  })
  const steps = run.steps(batches)
  const said = [await steps.next(), await steps.next()].map(({ value }) => value?.learningRate)
  t.strictSame(said, [0.1, 0.2], 'and what it says is the rate that it used')
  const each = [1, 1, 1, 2, 2, 2]
  t.match(
    fed.map(({ feeds }) => feeds),
    // 6 images of 6 n: the half-life is 3 n images
    each.map((n) => ({ 'learningRate.step': -n / 10, emaKept: 0.5 ** (2 / n), emaNew: 1 - 0.5 ** (2 / n) })),
  )
})

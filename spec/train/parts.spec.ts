/** The host's side of a step, with an executable that only records its feeds. */
import t from 'tap'
import { edm } from '../../src/diffusion/edm.ts'
import { edmNoise, lognormal } from '../../src/diffusion/lognormal.ts'
import type { Executable, Named } from '../../src/plan/backend.ts'
import { key } from '../../src/random/key.ts'
import { type Rules, trainer } from '../../src/train/loop.ts'

const rules: Rules = {
  loss: 'mse',
  batch: 6,
  microBatch: 2,
  classes: null,
  process: edm(0.5),
  noising: { distribution: lognormal(edmNoise), labelDropout: 0 },
  adamw: { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, clip: 1 },
  learningRate: { peak: 1e-3, images: 10 },
  ema: { halfLife: 100, ramp: 0.05 },
}

/**
 * A trainer whose images are their positions; `seen` grows with every image that is asked for, `fed` with every run.
 */
const noting = (r: Rules) => {
  const seen: number[] = []
  const fed: { readonly feeds: Named; readonly made: number }[] = []
  const executable: Executable = {
    write: async () => undefined,
    run: async (feeds) => {
      fed.push({ feeds, made: seen.length })
      return { loss: Float64Array.of(1), gradientNorm: Float64Array.of(1) }
    },
    read: async () => ({}),
    profile: async () => [],
    description: 'notes',
    bytes: 0,
    dispose: async () => undefined,
  }
  const image = (position: number) => {
    seen.push(position)
    return { image: Float32Array.of(position), label: null }
  }
  return { ...trainer(executable, r, key(1), image), seen, fed }
}

t.test(
  'micro-batches are prepared one ahead of the computation, each image once, in the order of the stream',
  async (t) => {
    const { step, seen, fed } = noting(rules)
    await step({ step: 0, images: 0 })
    await step({ step: 1, images: 6 })
    t.same(
      seen,
      Array.from({ length: 14 }, (_, i) => i),
    )
    t.same(
      fed.map(({ made }) => made),
      [2, 4, 6, 8, 10, 12],
    )
    t.same(
      fed.map(({ feeds }) => feeds.kept?.[0]),
      [0, 1, 1, 0, 1, 1],
    )
  },
)

t.test('a batch of a billion is started without preparing it all', async (t) => {
  const { step, fed } = noting({ ...rules, batch: 1e9, microBatch: 10 })
  const made: number[] = []
  const enough = new Error('enough')
  fed.push = (run) => {
    made.push(run.made)
    if (made.length === 3) throw enough
    return made.length
  }
  await t.rejects(step({ step: 0, images: 0 }), enough)
  t.same(made, [10, 20, 30])
})

t.test('a step depends only on its position: what was prepared ahead changes nothing', async (t) => {
  const [through, afresh] = [noting(rules), noting(rules)]
  await through.step({ step: 0, images: 0 })
  await through.step({ step: 1, images: 6 })
  await afresh.step({ step: 1, images: 6 })
  t.strictSame(
    through.fed.slice(3).map(({ feeds }) => feeds),
    afresh.fed.map(({ feeds }) => feeds),
  )
})

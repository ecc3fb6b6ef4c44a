/** How right class scores are, counted by hand; and that pictures are judged one by one. */
import t from 'tap'
import { judge, scored } from '../../src/classification/judge.ts'

const scores = Float64Array.of(2, 1, 0, 0, 3, 1, 1, 1, 0, 0, 0, 5)

t.test('accuracy: the share of pictures whose class has the highest score, the first of equal ones', async (t) => {
  const about = { classes: 3, smoothing: 0 }
  t.equal(scored(scores, [0, 1, 0, 2], about).accuracy, 1)
  t.equal(scored(scores, [0, 1, 1, 2], about).accuracy, 0.75, 'of two equal scores the first is named')
  t.equal(scored(scores, [1, 0, 1, 0], about).accuracy, 0)
  t.throws(() => scored(scores, [0, 1], about), {
    message: '12 scores: expected 3 of each of 2 pictures, at least one',
  })
  t.throws(() => scored(new Float64Array(), [], about), RangeError)
})

t.test('loss: minus the logarithm of what softmax gives the class, safe for large scores', async (t) => {
  const two = Float64Array.of(Math.log(3), 0)
  t.ok(Math.abs(scored(two, [0], { classes: 2, smoothing: 0 }).loss - Math.log(4 / 3)) < 1e-12)
  const smoothed = 0.9 * Math.log(4 / 3) + 0.1 * 0.5 * (Math.log(4 / 3) + Math.log(4))
  t.ok(Math.abs(scored(two, [0], { classes: 2, smoothing: 0.1 }).loss - smoothed) < 1e-12)
  t.equal(scored(Float64Array.of(2000, 0), [1], { classes: 2, smoothing: 0 }).loss, 2000)
})

/** Its features are a picture's numbers, its scores their negatives; it counts its runs. */
const echo = (batch: number) => {
  let runs = 0
  const executable = {
    run: async ({ image }: Readonly<Record<string, Float32Array | Float64Array>>) => {
      runs += 1
      const features = Float32Array.from(image ?? [])
      return { features, logits: features.map((x) => -x) }
    },
  }
  return { runs: () => runs, network: { executable, batch, size: 2, channels: 1, classes: 4 } }
}

t.test('any number of pictures, in batches of the size of the network: the last one is padded', async (t) => {
  const pictures = Float32Array.from({ length: 20 }, (_, i) => i + 1)
  for (const [batch, runs] of [
    [2, 3],
    [5, 1],
    [8, 1],
  ] as const) {
    const { network, runs: counted } = echo(batch)
    const { features, logits } = await judge(network)(pictures, 5)
    t.same(features, pictures)
    t.same(
      logits,
      pictures.map((x) => -x),
    )
    t.equal(counted(), runs)
  }
  const { network } = echo(2)
  t.equal((await judge(network)(new Float32Array(), 0)).features.length, 0)
  await t.rejects(judge(network)(pictures, 4), { message: '20 numbers: expected 16, of 4 pictures 2 x 2 x 1' })
  const stop = () => {
    throw new Error('stopped')
  }
  await t.rejects(judge(network, stop)(pictures, 5), { message: 'stopped' })
})

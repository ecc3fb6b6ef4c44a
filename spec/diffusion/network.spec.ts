/** The network for images and losses: an output depends on its own image only. */
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { powerCosine } from '../../src/diffusion/guidance/powerCosine.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import type { CompiledNetwork } from '../../src/diffusion/network.ts'
import { noised } from '../../src/diffusion/noise/noised.ts'
import { edm } from '../../src/diffusion/process/edm.ts'
import { sample } from '../../src/diffusion/sample.ts'
import { heun } from '../../src/diffusion/sampler/heun.ts'
import { karras } from '../../src/diffusion/schedule/karras.ts'
import { edmRange } from '../../src/diffusion/schedule/schedule.ts'
import { forward } from '../../src/diffusion/task.ts'
import { meanLoss } from '../../src/diffusion/validation.ts'
import { compile } from '../../src/lower/compile.ts'
import { imageModel } from '../../src/models/image/imageModel.ts'
import { arbitrary } from '../../src/nn/spec.ts'
import { fold, key } from '../../src/random/key.ts'
import { pictures, rules, tiny } from '../train/tiny.ts'

const compiledNetwork = async (batch: number, classes: number | null = 3): Promise<CompiledNetwork> => {
  const model = imageModel({ ...tiny, classes })
  const shapes = { batch, size: 8, channels: 3, classes }
  const executable = await compile(backends.wasm, { threads: 1 })(forward(model, shapes))
  await executable.write({ theta: arbitrary(model.spec)(key(0)) })
  return { ...shapes, executable, process: edm(0.5) }
}

const steps = (n: number) => ({ sampler: heun(), levels: karras.levels(n, edmRange) })
const requests = [0, 1, 2].flatMap((label) =>
  [0, 1, 2].map((index) => ({ label, index, guidance: 0.5 + label + index / 2 })),
)

t.test('a sample depends on its seed, class and index only, in batches of any size', async (t) => {
  const [small, large] = [await compiledNetwork(2), await compiledNetwork(7)]
  // the scale of every image is its own, and 1 at the first step only
  const how = { ...steps(4), guidance: 2, guidanceSchedule: powerCosine(1) }
  const all = await sample(large, how)(key(5), requests)
  for (const n of [0, 4, 8]) {
    const alone = await sample(small, how)(key(5), requests.slice(n, n + 1))
    const worst = Math.max(...(alone[0] ?? []).map((v, i) => Math.abs(v - (all[n]?.[i] ?? Number.NaN))))
    t.ok(worst <= 1e-4, `image ${n}: ${worst}`)
  }
  t.notSame(all[0], all[1], 'another index is another image')
  const other = await sample(small, how)(key(6), requests.slice(0, 1))
  t.notSame(all[0], other[0], 'another seed too')
  await small.executable.dispose()
  await large.executable.dispose()
})

t.test('guidance 1 evaluates no unconditional outputs, and an unconditional model is never guided', async (t) => {
  const calls = async (classes: number | null, guidance: number): Promise<number> => {
    const network = await compiledNetwork(1, classes)
    let n = 0
    const stopCheck = (): void => {
      n += 1
    }
    await sample(
      network,
      { ...steps(3), guidance },
      { stopCheck },
    )(key(1), [{ label: classes === null ? null : 0, index: 0 }])
    await network.executable.dispose()
    return n
  }
  t.strictSame([await calls(3, 1), await calls(3, 2), await calls(null, 2)], [5, 10, 5])
})

t.test('the mean loss does not depend on the batch size', async (t) => {
  const shown = Array.from({ length: 7 }, (_, i) => noised(rules.noising)(fold(key(3), i), pictures(7)(i)))
  const losses = []
  for (const batch of [1, 3, 7]) {
    const network = await compiledNetwork(batch)
    losses.push(await meanLoss(network, mse)(shown))
    await network.executable.dispose()
  }
  const [first = Number.NaN] = losses
  for (const loss of losses) t.ok(Math.abs(loss - first) <= 1e-5 * first, `${loss}`)
})

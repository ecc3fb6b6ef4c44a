/** The optimiser of a run is the one that its settings describe, number by number. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { mustBe } from '../../src/cli/errors.ts'
import { settingsOf } from '../../src/cli/settings/settings.ts'
import { optimiserOf } from '../../src/cli/task.ts'
import { compile } from '../../src/lower/compile.ts'
import { linearWeight, parameter, zeros } from '../../src/nn/parameter.ts'
import { flatSize, type Leaf } from '../../src/nn/spec.ts'
import { fold, key, normal } from '../../src/random/key.ts'
import { input } from '../../src/tensor/ops.ts'
import { clipByGlobalNorm } from '../../src/train/links.ts'
import { muon } from '../../src/train/muon.ts'
import { chain, type Optimiser } from '../../src/train/optimiser.ts'
import { warmup } from '../../src/train/schedule.ts'

const spec = { matrix: linearWeight(3, 8), bias: parameter([8], zeros) }
const P = flatSize(spec)
const matrices = ({ name }: Leaf): number => (name === 'matrix' ? 2 : 0)

/** The second update, with random states. */
const updatesOf = async (optimiser: Optimiser): Promise<readonly number[]> => {
  const flat = (name: string) => input(name, [P])
  const states = Object.entries(optimiser.init(spec)).map(([name, s]) => [name, flatSize(s.spec)] as const)
  const at = { images: 8, updates: 2 }
  const { updates } = optimiser.update({
    spec,
    theta: flat('theta'),
    updates: flat('gradient'),
    state: Object.fromEntries(states.map(([name, n]) => [name, input(name, [n])])),
    feeds: Object.fromEntries(Object.keys(optimiser.feeds(at)).map((name) => [name, input(name, [])])),
  })
  const executable = await compile(cpu)({ outputs: { updates } })
  const drawn = (i: number, n: number) => normal(fold(key(1), i), n).map(Math.abs)
  const found = await executable.run({
    theta: drawn(0, P),
    gradient: drawn(1, P),
    ...Object.fromEntries(states.map(([name, n], i) => [name, drawn(2 + i, n)])),
    ...optimiser.feeds(at),
  })
  await executable.dispose()
  return Array.from(found.updates)
}

t.test("Muon's rates, momentum and weight decay, of matrices and of the rest", async (t) => {
  const training = {
    ...{ optimiser: 'muon', learning_rate: 0.003, matrix_learning_rate: 0.07, warmup_images: 16, clip: 2 },
    ...{ matrix_momentum: 0.7, matrix_weight_decay: 0.3, weight_decay: 0.2, beta1: 0.8, beta2: 0.95, eps: 1e-3 },
  }
  const settings = mustBe(settingsOf({ training }, {}))
  const expected = chain(
    clipByGlobalNorm(2),
    muon({
      learningRate: warmup({ peak: 0.07, warmup: 16 }),
      momentum: 0.7,
      weightDecay: 0.3,
      matrices,
      where: (leaf) => matrices(leaf) > 0,
      adamw: {
        learningRate: warmup({ peak: 0.003, warmup: 16 }),
        beta1: 0.8,
        beta2: 0.95,
        eps: 1e-3,
        weightDecay: 0.2,
      },
    }),
  )
  const [ours, theirs] = [await updatesOf(optimiserOf({ matrices }, settings.training)), await updatesOf(expected)]
  t.ok(theirs.some((x) => Math.abs(x) > 1e-3))
  t.ok(ours.every((x, i) => Math.abs(x - (theirs[i] ?? Number.NaN)) < 1e-12))
})

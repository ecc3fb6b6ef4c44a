/** What a run leaves is what the library computes from its settings: nothing of them is ignored or taken for another. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { validationCount, validationOf } from '../../src/cli/data.ts'
import { must, mustBe } from '../../src/cli/errors.ts'
import { drawGrid, rowsOf } from '../../src/cli/grid.ts'
import { keysOf } from '../../src/cli/keys.ts'
import { modelOf } from '../../src/cli/model.ts'
import { denoisingTaskOf } from '../../src/cli/objectives/denoising.ts'
import { networkPlan, shapesOf } from '../../src/cli/plans.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { catalogue } from '../../src/cli/settings/options.ts'
import { readRun } from '../../src/cli/settings/settings.ts'
import { noisingOf, processOf, samplingOf } from '../../src/cli/settings/tables.ts'
import { train } from '../../src/cli/train.ts'
import { examples } from '../../src/data/batches.ts'
import { losses } from '../../src/diffusion/loss/losses.ts'
import { minSnr } from '../../src/diffusion/loss/minSnr.ts'
import { weighted } from '../../src/diffusion/loss/weighting.ts'
import { noisedBatches } from '../../src/diffusion/task.ts'
import { meanLoss } from '../../src/diffusion/validation.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { compile } from '../../src/lower/compile.ts'
import { denoiserOf } from '../../src/models/models.ts'
import { gained } from '../../src/nn/gain.ts'
import type { Numbers } from '../../src/plan/backend.ts'
import { flopsOf } from '../../src/plan/cost.ts'
import { stateFrom } from '../../src/train/checkpoint.ts'
import { initialState, runOf } from '../../src/train/run.ts'
import { statesOf, trainingStep } from '../../src/train/step.ts'
import { convnet, stripes } from './convnet.ts'
import { checkpoint } from './runs.ts'
import { quiet } from './tiny.ts'

const known = catalogue({ models: [convnet], kinds: [stripes] })
const [seed, steps] = [5, 6]

t.test("a run's parameters, validation, grid and samples are those of its seed and of its averages", async (t) => {
  const folder = t.testdir()
  const [path, out] = [join(folder, 'fast.yaml'), join(folder, 'run')]
  // so fast that parameters and averages differ
  const training = { learning_rate: 0.05, warmup_images: 0, ema_ramp: 1, weight: 'min_snr', block_gain: 0.2 }
  writeFileSync(path, JSON.stringify({ preset: 'convnet-s', training }))
  await train({ config: path, backend: 'cpu', seed, steps, out }, quiet(), known)

  const settings = mustBe(readRun(readFileSync(join(out, 'config.yaml'), 'utf8'), {}, known))
  const [model, keys] = [mustBe(denoiserOf(modelOf(settings, known))), keysOf(seed)]
  const dataset = await must(stripes.open('', 4))
  const { micro_batch: batch } = settings.training
  const [noising, process] = [noisingOf(settings.training), processOf(settings.training)]

  const task = denoisingTaskOf(model, settings)
  const run = runOf(await compile(backends.cpu)(trainingStep(task)), task)
  const spec = gained(({ name }) => (name === 'first.weight' ? 0.2 : 1))(model.spec)
  await run.load(initialState({ ...task, spec }, keys.parameters), { images: 0, updates: 0 })
  const { sigma_data: sigmaData } = settings.training
  const weighed = weighted(minSnr, { process, sigmaData, distribution: noising.distribution })
  const options = { process: weighed, classes: model.shape.classes, batch }
  const batches = noisedBatches(noising, keys.noise, examples(dataset, keys.order), options)
  for (let step = 0; step < steps; step++) await run.step(batches(step * batch))
  const state = await run.state()
  await run.dispose()
  const file = await must(load(checkpoint(out, steps)))
  t.strictSame(mustBe(stateFrom(statesOf(task))(file.tensors)), state, 'the state')

  const executable = await backends.cpu.compile(networkPlan(model, batch), {})
  const network = { ...shapesOf(model, batch), executable, process }
  const count = validationCount(flopsOf(networkPlan(model, batch)) / batch, 'f64')
  const held = validationOf(dataset, count, noising, keys.validation)
  const under = async (theta: Numbers | undefined): Promise<{ validation: number; picture: Buffer; drawn: Buffer }> => {
    if (theta === undefined) throw new TypeError('the state has none')
    await executable.write({ theta })
    const rows = rowsOf(dataset.classes, true)
    const picture = async (of: number, sampling: typeof settings.sampling): Promise<Buffer> => {
      const to = join(folder, 'p.png')
      const wanted = { key: keysOf(of).samples, rows, columns: 1, path: to }
      mustBe(await drawGrid(network, samplingOf(sampling, processOf(settings.training)), wanted))
      return readFileSync(to)
    }
    return {
      validation: await meanLoss(network, losses.mse)(held),
      picture: await picture(seed, settings.sampling),
      drawn: await picture(9, { ...settings.sampling, steps: 3, guidance: 3 }),
    }
  }
  const [averages, parameters] = [await under(state.average), await under(state.theta)]
  await executable.dispose()
  t.notSame(averages.picture, parameters.picture, 'they can be told apart')

  const rows = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
  t.equal(JSON.parse(rows.at(-1) ?? '').validation, averages.validation, 'the validation loss')
  t.strictSame(readFileSync(join(out, 'samples', `step-${steps}.png`)), averages.picture, 'the grid of the run')
  const drawn = { run: out, out: join(folder, 'drawn.png'), count: 1, seed: 9, steps: 3, guidance: 3 }
  t.strictSame(readFileSync(await sample(drawn, () => undefined, undefined, known)), averages.drawn, 'samples')
})

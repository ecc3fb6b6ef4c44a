/** A network that gives NaN before it is trained. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { catalogue } from '../../src/cli/settings/options.ts'
import { train } from '../../src/cli/train.ts'
import type { ConfiguredModelOf, Model } from '../../src/models/model.ts'
import { log, sub } from '../../src/tensor/ops.ts'
import { convnet, stripes } from './convnet.ts'
import { refusal } from './runs.ts'
import { quiet } from './tiny.ts'

/** The logarithm of what is below 0. */
const broken: Model = {
  ...convnet,
  decode: (raw) =>
    E.map(
      (whole: ConfiguredModelOf<'denoising'>): ConfiguredModelOf<'denoising'> => ({
        ...whole,
        apply: (params) => (x, time, labels) => log(sub(whole.apply(params)(x, time, labels), 100)),
      }),
    )(convnet.decode(raw)),
}
const known = catalogue({ models: [broken], kinds: [stripes] })

t.test('training stops before the first step, and points to --trace, which names the line', async (t) => {
  const out = join(t.testdir(), 'run')
  t.equal(
    await refusal(train({ preset: 'convnet-s', steps: 3, out }, quiet(), known)),
    `The validation loss is NaN before training at step 0: training stopped. No setting of the training made it; this prints one step up to its first NaN: npm run train -- --resume ${out} --backend cpu --trace`,
  )
  t.notOk(existsSync(join(out, 'checkpoints', 'step-1.safetensors')))
  t.equal(readFileSync(join(out, 'metrics.jsonl'), 'utf8'), '')
  const line = readFileSync(import.meta.filename, 'utf8')
    .split('\n')
    .findIndex((text) => text.includes('=> log(sub('))
  t.match(
    await refusal(train({ resume: out, backend: 'cpu', trace: true }, quiet(), known)),
    new RegExp(`log\\(-.*made the first NaN.*built at .*untrained\\.spec\\.ts:${line + 1}:\\d+$`),
  )
})

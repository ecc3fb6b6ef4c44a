/** A network that gives NaN before it is trained. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { train } from '../../src/cli/train.ts'
import { refusal } from './resumed.ts'
import { config, quiet } from './tiny.ts'

t.test('training stops before the first step, and points to --trace, which names the operation', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  // its square is beyond float64
  const path = config(folder, { sigma_data: 1e200 })
  t.equal(
    await refusal(train({ config: path, backend: 'cpu', steps: 3, out }, quiet())),
    `The validation loss is NaN before training at step 0: training stopped. No setting of the training made it; this prints one step up to its first NaN: npm run train -- --resume ${out} --backend cpu --trace`,
  )
  t.notOk(existsSync(join(out, 'checkpoints', 'step-1.safetensors')))
  t.match(await refusal(train({ resume: out, backend: 'cpu', trace: true }, quiet())), /NaN/)
})

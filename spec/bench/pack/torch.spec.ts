/** PyTorch's side of `npm run bench:pack`: a row a setting, and one that fails does not hold up the next. */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { tiny } from '../../../bench/configs.ts'
import { rowIn } from '../../../bench/pack/row.ts'
import { python } from '../../../bench/peers/torch.ts'
import { needs } from '../../needs.ts'

const script = resolve(import.meta.dirname, '../../../bench/pack/torch_steps.py')
const job = {
  ...{
    device: 'cpu',
    settings: ['captured', 'eager'],
    workloads: [{ workload: 'tiny', config: tiny.latent, batch: 2 }],
  },
  ...{ threads: [1], steps: 2, seconds: 1 },
}
const said = await promisify(execFile)(python, [script, JSON.stringify(job)]).catch((error: unknown) => error)
const missing = said instanceof Error && /No module named 'torch'|ENOENT/.test(said.message)

t.test(
  'a graph of CUDA without a card is a row that says why; the eager step goes on',
  needs('torch', missing ? 'no PyTorch' : null),
  async (t) => {
    if (said instanceof Error || typeof said !== 'object' || said === null || !('stdout' in said))
      return t.fail(String(said))
    const [captured, eager, ...others] = `${said.stdout}`.trim().split('\n').map(rowIn)
    t.same(others, [])
    const of = { what: 'tiny, batch 2', by: 'PyTorch on the processor' }
    t.match(captured, { ...of, setting: 'captured, 1 thread', problem: /./ })
    t.match(eager, {
      ...of,
      setting: 'eager, 1 thread',
      steps: 2,
      remark: /^without clipping and fresh inputs; .* AdamW; /,
    })
    t.ok(Number(eager?.step_ms_min) > 0)
  },
)

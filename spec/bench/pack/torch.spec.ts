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
const fake = resolve(import.meta.dirname, 'fake_card.py')
const workload = { workload: 'tiny', config: tiny.latent, batch: 2 }
const job = { workloads: [workload], threads: [1], steps: 2, seconds: 1, limit: 20 }

const rowsOf = async (program: string, job: object) => {
  const { stdout } = await promisify(execFile)(python, [program, JSON.stringify(job)])
  return stdout.trim().split('\n').map(rowIn)
}
const said = await rowsOf(script, {
  ...{ ...job, device: 'cpu', settings: ['captured', 'eager', 'eager, channels last'] },
  workloads: [workload, { workload: 'image', config: tiny.image, batch: 2 }],
}).catch((error: unknown) => error)
const missing = said instanceof Error && /No module named 'torch'|ENOENT/.test(said.message)
const torch = needs('torch', missing ? 'no PyTorch' : null)

t.test(
  'a graph of CUDA without a card is a row that says why; steps go on, of images in both memory formats',
  torch,
  async (t) => {
    if (!Array.isArray(said)) return t.fail(String(said))
    const by = 'PyTorch on the processor'
    const latent = { what: 'tiny, batch 2', by }
    const image = { what: 'image, batch 2', by }
    t.match(said, [
      { ...latent, setting: 'captured, 1 thread', problem: /./ },
      { ...image, setting: 'captured, 1 thread', problem: /./ },
      { ...latent, setting: 'eager, 1 thread', steps: 2, remark: /^without clipping and fresh inputs; .* AdamW; / },
      { ...image, setting: 'eager, 1 thread', steps: 2 },
      { ...image, setting: 'eager, channels last, 1 thread', steps: 2 },
    ])
    t.equal(said.length, 5, 'latents have one memory format')
    for (const { step_ms_min, problem } of said) t.ok(problem !== undefined || Number(step_ms_min) > 0)
  },
)

t.test(
  'on a card: captured as PyTorch says; what hangs or crashes is a row, and the next goes on',
  torch,
  async (t) => {
    const of = (workload: string, width: number) => ({ workload, config: { ...tiny.latent, width }, batch: 2 })
    const rows = await rowsOf(fake, {
      ...{ ...job, device: 'cuda', threads: [], settings: ['captured, tf32', 'compiled, captured'] },
      ...{ workloads: [of('crashes', 11), of('hangs', 13), workload], limit: [60, 60, 1, 60, 60, 1, 60] },
    })
    const by = 'PyTorch on the card'
    const [crashed, hung, tiny2] = ['crashes', 'hangs', 'tiny'].map((name) => ({ what: `${name}, batch 2`, by }))
    t.match(rows, [
      { ...crashed, setting: 'captured, tf32', problem: 'it ended with SIGABRT' },
      { ...hung, setting: 'captured, tf32', problem: 'it ran out of its 1 s' },
      { ...tiny2, setting: 'captured, tf32', steps: 2, tf32: true, remark: /foreach AdamW/ },
      { ...crashed, setting: 'compiled, captured', problem: 'it ended with SIGABRT' },
      { ...hung, problem: 'it ran out of its 1 s' },
      { ...tiny2, setting: 'compiled', tf32: false },
      { ...tiny2, setting: 'compiled, captured', tf32: false },
    ])
    t.equal(rows.length, 7)
    const warm = ['wait', 'side stream', ...[1, 2, 3].flatMap(() => ['no gradients', 'step']), 'back', 'wait']
    const capture = [...warm, 'no gradients', 'capture', 'step', 'captured']
    t.match(rows[2], { events: [...capture, 'replay', 'replay'] }, 'no step is computed outside of the graph after it')
    t.notMatch(JSON.stringify(rows[5]), 'capture"')
  },
)

/** Lines of a run: ratios are of medians and of the best settings, and JSON lines hold what scripts read. */
import t from 'tap'
import type { Facts } from '../../bench/harness.ts'
import { type Figure, figure, json, ratios } from '../../bench/line.ts'
import { ratiosIn } from '../../bench/ratiosIn.ts'
import { jsonLines, markdown, text } from '../../bench/report.ts'
import { fitThroughOrigin } from '../../bench/scaling.ts'

const of = { workload: 'image-s', case: 'batch 16' }
const timed = (by: string, threads: number, times: readonly number[], facts: Facts = {}): Figure =>
  figure(of, { gflop: 90 }, { contestant: { by, threads, start: () => Promise.reject(new Error()) }, times, facts })

const mine = timed('diffit', 2, [100, 110, 90], { batch: 16, parameters: 4018923, startup_ms: 500, arena_mib: 600 })
const all = [
  mine,
  timed('diffit', 1, [180, 190, 200]),
  timed('PyTorch', 1, [220]),
  timed('PyTorch', 2, [150, 160, 140]),
]

t.test('a figure: median, minimum and rate of the median', async (t) => {
  t.match(mine, { step_ms_median: 100, step_ms_min: 90, steps: 3, gflops: 900 })
})

t.test('a ratio is the best median of a peer over our best median', async (t) => {
  t.match(ratios(all), [{ peer: 'PyTorch', ratio: 1.5, peer_ms: 150, our_ms: 100 }])
  t.same(ratios([mine]), [])
})

t.test('a JSON line: every field that is known, on one line, exact whole numbers, no nulls', async (t) => {
  const line = json(mine)
  t.notMatch(line, /\n|null/)
  t.same(JSON.parse(line), {
    ...of,
    by: 'diffit',
    threads: 2,
    steps: 3,
    step_ms_median: 100,
    step_ms_min: 90,
    gflop: 90,
    gflops: 900,
    batch: 16,
    parameters: 4018923,
    startup_ms: 500,
    arena_mib: 600,
  })
  const written: string[] = []
  for (const ratio of ratios(all)) jsonLines((s) => written.push(s))(ratio)
  t.same(
    written.map((s): unknown => JSON.parse(s)),
    [{ ...of, peer: 'PyTorch', ratio: 1.5, peer_ms: 150, our_ms: 100 }],
  )
})

t.test('text and Markdown give the share of the limit measured on the same number of threads', async (t) => {
  const limit = { kind: 'limit', workload: 'image-s', form: 'fma256', threads: 2, gflops: 1000 } as const
  const written: string[] = []
  const report = text((s) => written.push(s))
  for (const line of [limit, mine]) report(line)
  t.match(written.at(-1), /900\.0 GFLOPS +90 % +4018923 parameters/)
  t.match(markdown([limit, mine]), /### image-s[\s\S]*\| batch 16 \| diffit \| 2 \|.*\| 90 % \|/)
})

t.test('a device is measured by its own limit, whatever the processor reaches on as many threads', async (t) => {
  const limit = { kind: 'limit', workload: 'image-s', form: 'fma256', threads: 1, gflops: 1000 } as const
  const start = () => Promise.reject(new Error())
  const on = (device: string, facts: Facts): Figure =>
    figure(
      of,
      { gflop: 900 },
      { contestant: { by: `diffit ${device}`, device, threads: 1, start }, times: [60], facts },
    )
  const written: string[] = []
  const report = text((s) => written.push(s))
  const lines = [limit, on('webgpu', { limit_gflops: 60_000 }), on('gpu', {})]
  for (const line of lines) report(line)
  t.match(written.at(-2), /15\.0 TFLOPS +25 % +limit of the device 60\.0 TFLOPS$/)
  t.match(written.at(-1), /15\.0 TFLOPS$/)
  t.match(markdown(lines), /\| 25 % \|[\s\S]*\| 15\.0 TFLOPS \| {2}\|/)
  t.match(JSON.parse(json(on('webgpu', {}))), { device: 'webgpu' })
})

t.test('kernels of a device: time, calls, rate and share of the limit', async (t) => {
  const kernels = {
    ...({ kind: 'kernels', ...of, by: 'diffit webgpu', kernel: 'contract' } as const),
    ...{ calls: 288, kernel_ms: 6.5, gflops: 13_900, gb_per_s: null, of_limit: 0.232 },
  }
  const said = 'diffit webgpu, kernels of a step: contract: 6.500 ms in 288, 13.9 TFLOPS, 23 % of the limit'
  const written: string[] = []
  text((s) => written.push(s))(kernels)
  t.equal(written.at(-1), `  ${said}`)
  t.match(markdown([kernels]), `- ${said}`)
  t.match(JSON.parse(json(kernels)), { kernel: 'contract', calls: 288, kernel_ms: 6.5, gflops: 13900, of_limit: 0.232 })
})

t.test(
  'the line through the origin: exact for proportional times, else the worst point says how far it is',
  async (t) => {
    t.same(
      fitThroughOrigin([
        [1, 2],
        [3, 6],
      ]),
      { slope_ms_per_gflop: 2, worst_deviation: 0 },
    )
    const { slope_ms_per_gflop, worst_deviation } = fitThroughOrigin([
      [1, 1],
      [1, 3],
    ])
    t.equal(slope_ms_per_gflop, 2)
    t.equal(worst_deviation, 0.5)
  },
)

t.test('the ratios of a page of results are those that were written', async (t) => {
  const peers = [timed('jax-js', 1, [800]), timed('PyTorch 2.11', 2, [120])]
  const inner = { ...of, workload: 'contract', case: 'scores 96 of 64 x 32 x 64, again: twice' }
  const other = ratios([...all, ...peers].map((f) => ({ ...f, ...inner })))
  const lines = [...all, ...ratios(all), ...other]
  t.same(ratiosIn(markdown(lines)), [...ratios(all), ...other])
  t.same(ratiosIn('# nothing\n\n- said\n'), [])
})

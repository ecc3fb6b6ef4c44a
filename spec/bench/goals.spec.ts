/** The table of goals: each is found in a run's lines, and goals that were not measured say so. */
import t from 'tap'
import { reached } from '../../bench/goals.ts'
import type { Facts } from '../../bench/harness.ts'
import { decodeCase, forwardCase } from '../../bench/largeCases.ts'
import { type Figure, figure, type Line, type Ratio, ratios } from '../../bench/line.ts'
import { cube } from '../../bench/products.ts'

const timed = (workload: string, name: string, by: string, threads: number, ms: number, facts: Facts = {}): Figure =>
  figure(
    { workload, case: name },
    { gflop: 1 },
    { contestant: { by, threads, start: () => Promise.reject(new Error()) }, times: [ms], facts },
  )
const limit = { kind: 'limit', workload: 'contract', form: 'fma256', threads: 1, gflops: 100 } as const

const steps = (name: string, peers: Readonly<Record<string, number>>): readonly (Figure | Ratio)[] => {
  const figures = [
    timed(name, 'batch 16', 'diffit', 1, 190, { startup_ms: 600 }),
    timed(name, 'batch 16', 'diffit', 2, 100, { startup_ms: 500, resident_mib: 900 }),
    ...Object.entries(peers).map(([by, ms]) => timed(name, 'batch 16', by, 2, ms, { resident_mib: 1000 })),
  ]
  return [...figures, ...ratios(figures)]
}
/** Ours takes 100 ms. */
const large = (name: string, theirs: number): readonly (Figure | Ratio)[] => {
  const figures = [timed('diffit-xl', name, 'diffit', 2, 100), timed('diffit-xl', name, 'PyTorch', 2, theirs)]
  return [...figures, ...ratios(figures)]
}
const run: readonly Line[] = [
  limit,
  timed('contract', cube, 'diffit', 1, 1e3 / 91),
  timed('contract', cube, 'PyTorch', 1, 5),
  ...steps('image-s', { PyTorch: 140 }),
  ...steps('latent-s', { PyTorch: 125, 'jax-js': 900 }),
  ...large(forwardCase, 105),
  ...large('25 guided steps', 500),
  ...large(decodeCase, 120),
]

const rows = (lines: readonly Line[]): readonly string[] => reached(lines).split('\n').slice(2)

t.test('each goal has its measure and its result', async (t) => {
  const expected: readonly RegExp[] = [
    />= 90 % \| 91\.00 % \| yes/,
    />= 1\.5 x \| 1\.40 x \| no/,
    />= 1\.2 x \| 1\.25 x \| yes/,
    />= 8 x \| 9\.00 x \| yes/,
    />= 1\.3 x \| not measured \|/,
    />= 1\.8 x \| 1\.90 x \| yes/,
    /<= 1 x \| 0\.90 x \| yes/,
    /<= 3 s \| 0\.60 s \| yes/,
    />= 0\.9 x \| 1\.05 x \| yes/,
    />= 1\.3 x \| 1\.20 x \| no/,
  ]
  t.equal(rows(run).length, expected.length)
  for (const [i, pattern] of expected.entries()) t.match(rows(run)[i], pattern)
})

t.test('a run without peers claims nothing', async (t) => {
  for (const row of rows([])) t.match(row, /not measured/)
})

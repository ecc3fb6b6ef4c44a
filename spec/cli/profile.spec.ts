/** What `train --profile` shows. */
import { join } from 'node:path'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { profileTable, withProfile } from '../../src/cli/profile.ts'
import { train } from '../../src/cli/train.ts'
import { planOf } from '../../src/lower/compile.ts'
import { input, matmul, mul } from '../../src/tensor/ops.ts'
import { config, quiet } from './tiny.ts'

const y = matmul(input('a', [4, 8]), input('b', [8, 2]))
const plan = planOf({ outputs: { z: mul(y, y) }, state: {} })
const feeds = { a: new Float64Array(32).fill(1), b: new Float64Array(16).fill(2) }
const setting = { precision: 'f64', limits: null, description: 'cpu', bytes: 2 ** 20, top: 1 } as const

t.test('the first run is not counted, and reading resets the measurements', async (t) => {
  const executable = withProfile(await backends.cpu.compile(plan, { profile: true }))
  t.same((await executable.run(feeds)).z, new Float64Array(8).fill(256))
  t.match(await executable.seen(), { runs: 0, milliseconds: 0 })
  await executable.run(feeds)
  await executable.run(feeds)
  const seen = await executable.seen()
  t.equal(seen.runs, 2)
  t.ok(Number.isFinite(seen.milliseconds) && seen.milliseconds >= 0)
  t.same(
    seen.times.map(({ region, kernel }) => ({ region, kernel })),
    plan.regions.flatMap(({ kernels }, region) => kernels.map((_, kernel) => ({ region, kernel }))),
    'one time a kernel of the plan',
  )
  await executable.run(feeds)
  t.equal((await executable.seen()).runs, 1)
  await executable.dispose()
})

t.test('the table: means per run, the slowest kernels, the number of others, and totals', async (t) => {
  const times = [
    { region: 0, kernel: 0, milliseconds: 6 },
    { region: 1, kernel: 0, milliseconds: 2 },
  ]
  const said = profileTable(plan, { runs: 2, milliseconds: 10, times }, setting)
  t.match(said[0], /^profile +5\.0 ms per run \(mean of 2\), 4\.0 ms of it in kernels/)
  // (32 + 16 + 8) and (8 + 8) numbers, or 8 more where both factors are read apart
  t.match(said[1], /^backend +cpu, 1 MiB, 0\.00 GB read and written per run$/)
  t.match(said[2], 'not known')
  t.match(
    said.find((line) => line.includes('contract m4 n2 k8')),
    /^ *3\.00 +75\.0 % +1 +0\.0 GFLOPS +- +0 +contract m4 n2 k8$/,
  )
  t.match(said.join('\n'), /\nand 1 more, 1\.00 ms\n/)
  t.notMatch(said.join('\n'), 'map 4x2', 'only the first of them')
  t.match(
    said.find((line) => line.endsWith('nest map')),
    /^ *1\.00 +25\.0 % +1 /,
  )
  const limits = { gflops: 1e-4, gigabytes: 1e-5 }
  const beside = profileTable(plan, { runs: 2, milliseconds: 10, times }, { ...setting, limits })
  // 128 operations in 3 ms are 4.27e-5 GFLOPS
  t.match(
    beside.find((line) => line.includes('contract m4')),
    / 43 % /,
  )
  t.match(profileTable(plan, { runs: 0, milliseconds: 0, times: [] }, setting), [/nothing to show/])
})

t.test('train --profile ends with the table of its steps', async (t) => {
  const folder = t.testdir()
  const env = quiet()
  await train({ config: config(folder), backend: 'wasm', steps: 3, profile: true, out: join(folder, 'run') }, env)
  t.match(
    env.said.find((line) => line.startsWith('profile')),
    /ms per run \(mean of 2\), /,
  )
  t.ok(env.said.some((line) => / [\d.]+ GFLOPS +\d+ % +[\d,…]+ +contract /.test(line)))
  t.ok(env.said.some((line) => line.endsWith('nest fold')))
})

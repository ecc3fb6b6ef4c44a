/** A training step on the backend webgpu: what its figure says of the host, and of the device where one computes. No times are tested. */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { webgpu } from '../../backends/webgpu/index.ts'
import { tiny } from '../../bench/configs.ts'
import { deviceKernels } from '../../bench/deviceStep.ts'
import { trainableOf } from '../../bench/model.ts'
import { webgpuFound } from '../webgpuFound.ts'

const main = resolve(import.meta.dirname, '../../bench/main.ts')
const env = { ...process.env, DIFFIT_WEBGPU: 'null' }

t.test('on the null device: what a step costs the host, and that kernels have no times', async (t) => {
  const args = [main, 'latent-s', '--backend', 'webgpu', '--smoke', '--json']
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env })
  const lines = stdout.trim().split('\n')
  t.equal(lines.length, 1, 'nothing that would need a device')
  const said: Readonly<Record<string, unknown>> = JSON.parse(lines.join())
  t.match(said, { by: 'diffit webgpu', device: 'webgpu', submits: 1, created: 0, bytes_down: 8, steps: 1 })
  for (const name of ['host_ms_median', 'dispatches', 'bytes_up', 'startup_ms']) t.ok(Number(said[name]) > 0, name)
  t.ok(Number(said.first_step_ms) >= Number(said.startup_ms), 'the first step begins with its compilation')
  t.notOk('gflops' in said || 'limit_gflops' in said, 'no rate without a device')
  t.match(stderr, /times of kernels are not available: Dawn's null backend computes nothing/)
})

t.test(
  'on a device: all kernels, each kind and the slowest, as shares of its limit',
  await webgpuFound(),
  async (t) => {
    const model = trainableOf(tiny.latent, 1)
    if (E.isLeft(model)) return t.fail(model.left)
    const limits = await webgpu.limits(1)
    t.ok(limits !== null && limits.gflops > 0 && limits.gigabytes > 0)
    const found = await deviceKernels(model.right, 1)
    if (E.isLeft(found)) return t.fail(found.left)
    const [all, ...rest] = found.right.kernels
    const [kinds, named] = [rest.slice(0, 3), rest.slice(3)]
    t.same(
      kinds.map((k) => k.kernel),
      ['contract', 'nest map', 'nest fold'],
    )
    const sum = (of: 'calls' | 'kernel_ms'): number => kinds.reduce((s, k) => s + k[of], 0)
    t.match(all, { kernel: 'all', calls: sum('calls') })
    t.ok(sum('kernel_ms') > 0 && Math.abs(Number(all?.kernel_ms) - sum('kernel_ms')) <= 1e-9 * sum('kernel_ms'))
    for (const { kernel, gflops, gb_per_s, of_limit } of kinds) {
      t.equal(gflops === null, kernel !== 'contract', 'a rate of operations')
      t.equal(gb_per_s === null, kernel === 'contract', 'or of memory')
      t.ok(of_limit !== null && of_limit > 0)
    }
    const times = named.map((k) => k.kernel_ms)
    t.ok(times.length > 3)
    t.same(
      times,
      times.toSorted((a, b) => b - a),
    )
    t.match(found.right.table, [/^profile /, /^backend +webgpu/, /^limit .* GFLOPS .* GB\/s/])
  },
)

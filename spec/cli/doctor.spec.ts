/** What `diffit doctor` says of this machine, and of one that has less. */
import t from 'tap'
import { type Diagnosis, healthy } from '../../src/cli/diagnosis.ts'
import { doctor, lines } from '../../src/cli/doctor.ts'

const narrow: Diagnosis = {
  machine: {
    system: 'linux 6.1',
    arch: 'x64',
    cpu: 'Core 2',
    flags: { avx2: false, fma: false, avx512f: false },
    cores: 2,
    node: '24.21.0',
    v8: '13.6.233.17-node.53',
    widens: true,
  },
  memory: { total: 2 ** 33, free: 2 ** 30, wasm: 2 ** 32 },
  wasm: {
    asked: null,
    kernels: [
      { name: 'fma256', verdict: 'not available', why: 'the processor has no AVX2' },
      { name: 'fma128', verdict: 'ok', why: null },
      { name: 'simd', verdict: 'ok', why: null },
    ],
    chosen: 'fma128',
    why: 'the processor has no AVX2',
  },
  threads: { count: 2, milliseconds: { value: 81.4, why: null } },
  limits: { gflops: 20.4, gigabytes: 8.3 },
  gpu: {
    asked: null,
    devices: [
      { name: 'webgpu', adapter: 'a fast card', software: false, why: null },
      { name: 'headlessgl', adapter: null, software: false, why: 'there is no context (needs a display)' },
    ],
  },
  webgpu: {
    asked: null,
    adapter: {
      value: {
        adapter: 'a fast card',
        software: false,
        idle: false,
        limits: {
          maxBufferSize: 2 ** 28,
          maxStorageBufferBindingSize: 2 ** 27,
          maxStorageBuffersPerShaderStage: 8,
          maxComputeWorkgroupStorageSize: 2 ** 14,
          maxComputeInvocationsPerWorkgroup: 256,
          maxComputeWorkgroupsPerDimension: 65535,
        },
        features: ['timestamp-query'],
      },
      why: null,
    },
  },
  data: [{ name: 'emoji', at: { value: '/modules/emoji', why: null } }],
  drawing: { value: 'sharp 0.35.5', why: null },
  torch: { value: null, why: 'not in /usr/bin/python3' },
}

t.test('every fact is a line, aligned, with the reason for what is missing', async (t) => {
  const said = lines(narrow)
  const value = (label: string): readonly string[] =>
    said.flatMap((line) => (line.startsWith(`${label} `) ? [line.slice(label.length).trim()] : []))
  t.strictSame(value('instructions'), ['no avx2, no fma, no avx512f'])
  t.strictSame(value('fma256'), ['256-bit fma: not available, the processor has no AVX2'])
  t.strictSame(value('fma128'), ['128-bit fma: ok'])
  t.strictSame(value('chosen'), ['fma128: the processor has no AVX2'])
  t.match(value('threads')[0], '2 started, computed and stopped in 81 ms')
  t.match(value('limits')[0], /^20 GFLOPS.*, 8 GB\/s/)
  t.strictSame(value('gpu:webgpu'), ['a fast card'])
  t.strictSame(value('webgpu'), [
    'a fast card',
    '8 buffers of 128 MiB, 16 KiB for a workgroup; features: timestamp-query',
  ])
  t.strictSame(value('gpu:headlessgl'), ['no: there is no context (needs a display)'])
  t.strictSame(value('data'), ['emoji in /modules/emoji'])
  t.strictSame(value('drawing'), ['sharp 0.35.5'])
  t.strictSame(value('PyTorch'), ['not in /usr/bin/python3'])
  const starts = said.flatMap((line) => /^\S+ +/.exec(line)?.[0].length ?? [])
  t.strictSame(new Set(starts).size, 1, 'one column')
})

t.test('only a machine without a working kernel fails', async (t) => {
  t.ok(healthy(narrow))
  t.notOk(healthy({ ...narrow, wasm: { ...narrow.wasm, chosen: null, why: 'no kernel works here' } }))
  t.notOk(healthy({ ...narrow, threads: { count: 2, milliseconds: { value: null, why: 'no shared memory' } } }))
})

t.test('--json is one object with the same facts', async (t) => {
  const said: string[] = []
  const well = await doctor({ json: true }, (line) => said.push(line))
  const found = JSON.parse(said.join('\n'))
  t.equal(well, healthy(found))
  t.strictSame(Object.keys(found).sort(), Object.keys(narrow).sort())
  t.equal(found.wasm.kernels.find((k: { name: string }) => k.name === found.wasm.chosen)?.verdict, 'ok')
  t.ok(found.limits.gflops > 0 && found.limits.gigabytes > 0)
})

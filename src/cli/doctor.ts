/** `diffit doctor`: what this machine supports, what the wasm backend uses of it, and what is missing. */
import { words } from '../../backends/wasm/index.ts'
import { type Answer, type Diagnosis, diagnose, healthy, instructionSets } from './diagnosis.ts'
import { mebibytes } from './memory.ts'

type Row = readonly [label: string, text: string]

const or = <A>({ value, why }: Answer<A>, show: (value: A) => string): string =>
  value === null ? `${why}` : show(value)

const machineRows = ({ machine: m, memory, threads }: Diagnosis): readonly Row[] => {
  const { flags } = m
  const has = instructionSets.map((flag) => (flags?.[flag] === true ? flag : `no ${flag}`)).join(', ')
  return [
    ['system', `${m.system} ${m.arch}`],
    ['processor', m.cpu],
    ['instructions', flags === null ? 'not reported by the operating system' : has],
    ['cores', `${m.cores}, of which ${threads.count} are used (change with --threads)`],
    [
      'memory',
      `${mebibytes(memory.total)}, ${mebibytes(memory.free)} free; a plan on wasm can use at most ${mebibytes(memory.wasm)}`,
    ],
    ['engine', `Node ${m.node}, V8 ${m.v8}, ${m.widens ? 'can' : 'cannot'} combine pairs of 128-bit operations`],
  ]
}

const wasmRows = ({ wasm, threads, limits }: Diagnosis): readonly Row[] => [
  ...wasm.kernels.map(
    ({ name, verdict, why }): Row => [name, `${words[name].name}: ${why === null ? verdict : `${verdict}, ${why}`}`],
  ),
  [
    'chosen',
    wasm.chosen === null
      ? `none: ${wasm.why}`
      : `${wasm.chosen}: ${wasm.why ?? 'the fastest'}${wasm.asked === null ? '' : ', forced by DIFFIT_WASM_KERNEL'}`,
  ],
  [
    'threads',
    or(threads.milliseconds, (ms) => `${threads.count} started, computed and stopped in ${ms.toFixed(0)} ms`),
  ],
  [
    'limits',
    limits === null
      ? 'not measured'
      : `${limits.gflops.toFixed(0)} GFLOPS of multiply-adds, ${limits.gigabytes.toFixed(0)} GB/s of copying (lower if other work is running)`,
  ],
]

/** What the adapter of the backend webgpu allows. */
const webgpuRows = ({ webgpu: { asked, adapter } }: Diagnosis): readonly Row[] => [
  [
    'webgpu',
    `${or(adapter, (a) => `${a.adapter}${a.software ? ', emulated on the CPU' : ''}`)}${asked === null ? '' : `, asked for by DIFFIT_WEBGPU=${asked}`}`,
  ],
  ...(adapter.value === null
    ? []
    : [
        [
          'webgpu',
          `${adapter.value.limits.maxStorageBuffersPerShaderStage} buffers of ${mebibytes(adapter.value.limits.maxStorageBufferBindingSize)}, ${adapter.value.limits.maxComputeWorkgroupStorageSize / 2 ** 10} KiB for a workgroup; features: ${adapter.value.features.join(', ') || 'none that matter'}`,
        ] as const,
      ]),
]

const restRows = ({ gpu, data, drawing, torch }: Diagnosis): readonly Row[] => [
  ...gpu.devices.map(
    ({ name, adapter, software, why }): Row => [
      `gpu:${name}`,
      adapter === null ? `no: ${why}` : `${adapter}${software ? ', emulated on the CPU' : ''}`,
    ],
  ),
  ...(gpu.asked === null ? [] : [['gpu', `${gpu.asked}, forced by DIFFIT_GPU`] as const]),
  ...data.map(
    ({ name, at }): Row => ['data', or(at, (path) => (path === name.split(':')[1] ? name : `${name} in ${path}`))],
  ),
  ['drawing', or(drawing, (names) => names)],
  ['PyTorch', or(torch, (version) => `${version}, for the benchmarks of the repository`)],
]

/** The report, one fact per line. */
export const lines = (d: Diagnosis): readonly string[] => {
  const parts = [machineRows(d), wasmRows(d), [...webgpuRows(d), ...restRows(d)]]
  const width = Math.max(...parts.flat().map(([label]) => label.length)) + 2
  return parts.flatMap((rows, i) => [
    ...(i === 0 ? [] : ['']),
    ...rows.map(([label, text]) => `${label.padEnd(width)}${text}`),
  ])
}

/** @returns whether the wasm backend works */
export const doctor = async (
  { json = false }: { readonly json?: boolean },
  say: (line: string) => void = console.log,
): Promise<boolean> => {
  const found = await diagnose()
  for (const line of json ? [JSON.stringify(found, null, 2)] : lines(found)) say(line)
  return healthy(found)
}

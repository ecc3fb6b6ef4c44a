/** `diffit doctor`: what this machine offers, what the wasm backend makes of it, and what is missing. */
import { words } from '../../backends/wasm/index.ts'
import { type Answer, type Diagnosis, diagnose, healthy, telling } from './diagnosis.ts'
import { mebibytes } from './memory.ts'

type Row = readonly [label: string, text: string]

const or = <A>({ value, why }: Answer<A>, show: (value: A) => string): string =>
  value === null ? `${why}` : show(value)

const machineRows = ({ machine: m, memory, threads }: Diagnosis): readonly Row[] => {
  const { flags } = m
  const has = telling.map((flag) => (flags?.[flag] === true ? flag : `no ${flag}`)).join(', ')
  return [
    ['system', `${m.system} ${m.arch}`],
    ['processor', m.cpu],
    ['instructions', flags === null ? 'the system does not tell' : has],
    ['cores', `${m.cores}, of which ${threads.count} are used (--threads says otherwise)`],
    [
      'memory',
      `${mebibytes(memory.total)}, ${mebibytes(memory.free)} free; a plan on wasm has at most ${mebibytes(memory.wasm)}`,
    ],
    ['engine', `Node ${m.node}, V8 ${m.v8}, ${m.widens ? 'can' : 'cannot'} widen pairs of 128-bit operations`],
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
      : `${wasm.chosen}: ${wasm.why ?? 'the fastest'}${wasm.asked === null ? '' : ' by DIFFIT_WASM_KERNEL'}`,
  ],
  [
    'threads',
    or(threads.milliseconds, (ms) => `${threads.count} started, computed and stopped in ${ms.toFixed(0)} ms`),
  ],
  [
    'limits',
    limits === null
      ? 'not measured'
      : `${limits.gflops.toFixed(0)} GFLOPS of multiply-adds, ${limits.gigabytes.toFixed(0)} GB/s of copying (less where other work goes on)`,
  ],
]

const restRows = ({ gpu, data, torch }: Diagnosis): readonly Row[] => [
  ...gpu.devices.map(
    ({ name, adapter, software, why }): Row => [
      name,
      adapter === null ? `no: ${why}` : `${adapter}${software ? ', computed by the processor' : ''}`,
    ],
  ),
  ...(gpu.asked === null ? [] : [['gpu', `${gpu.asked} by DIFFIT_GPU`] as const]),
  ...data.map(
    ({ name, at }): Row => ['data', or(at, (path) => (path === name.split(':')[1] ? name : `${name} in ${path}`))],
  ),
  ['PyTorch', or(torch, (version) => `${version}, for npm run bench`)],
]

/** The report, a line a fact. */
export const lines = (d: Diagnosis): readonly string[] => {
  const parts = [machineRows(d), wasmRows(d), restRows(d)]
  const width = Math.max(...parts.flat().map(([label]) => label.length)) + 2
  return parts.flatMap((rows, i) => [
    ...(i === 0 ? [] : ['']),
    ...rows.map(([label, text]) => `${label.padEnd(width)}${text}`),
  ])
}

/** @returns whether the wasm backend can compute */
export const doctor = async (
  { json = false }: { readonly json?: boolean },
  say: (line: string) => void = console.log,
): Promise<boolean> => {
  const found = await diagnose()
  for (const line of json ? [JSON.stringify(found, null, 2)] : lines(found)) say(line)
  return healthy(found)
}

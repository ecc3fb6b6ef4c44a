/**
 * How fast products run: GFLOPS of single contracts beside the limit that a loop of multiply-adds in registers reaches
 * in the same run. Not a benchmark of a model: see main.ts. `node bench/contract.ts`
 */
import { assemble } from '../backends/wasm/assemble.ts'
import { bestForm, type KernelName, withFlags } from '../backends/wasm/features.ts'
import { wasmBackend } from '../backends/wasm/index.ts'
import { func, get, loopWhile, set } from '../backends/wasm/wat.ts'
import type { Axis, Contract } from '../src/lower/kernel.ts'
import { flops } from '../src/lower/kernel.ts'
import type { Plan } from '../src/lower/plan.ts'

const form = await bestForm()

/** Twelve pairs of accumulators, as many as the microkernel has, and nothing to load. */
const limit = async (): Promise<number> => {
  const vectors = form.width === 16 ? 24 : 12
  const text = func(
    '$loop',
    ['$n'],
    (body) => {
      const scale = body.let('v128', `(v128.load32_splat ${get('$n')})`)
      const [x, y] = [
        body.let('v128', `(v128.load ${get('$n')})`),
        body.let('v128', `(v128.load offset=16 ${get('$n')})`),
      ]
      const sums = Array.from({ length: vectors }, () => body.local('v128'))
      loopWhile(body, get('$n'), () => {
        for (let i = 0; i < vectors; i++) {
          const sum = sums[i] ?? ''
          body.line(set(sum, form.madd(scale, i % 2 === 0 ? x : y, get(sum))))
        }
        body.line(set('$n', `(i32.sub ${get('$n')} (i32.const 1))`))
      })
      sums.forEach((sum, i) => {
        if (i % 2 === 0) body.line(set('$n', `(i32.add (i32.const ${32 * i}) (i32.const 64))`))
        body.line(`(v128.store offset=${(i % 2) * 16} ${get('$n')} ${get(sum)})`)
      })
    },
    { export: 'loop' },
  )
  const binary = await assemble(`(module (memory 100) ${text})`)
  const { loop } = withFlags(form, () => new WebAssembly.Instance(new WebAssembly.Module(binary))).exports
  if (typeof loop !== 'function') throw new Error('no loop')
  const turns = 3_000_000
  const best = Array.from({ length: 9 }, () => {
    const start = performance.now()
    loop(turns)
    return (turns * vectors * 8) / (performance.now() - start) / 1e6
  })
  return Math.max(...best)
}

const contract = (
  name: string,
  sizes: readonly [number, number, number],
  axes: readonly Axis[],
  offset: readonly [number, number, number] = [0, 0, 0],
): readonly [Contract, readonly number[]] => [
  {
    kind: 'contract',
    name,
    outer: 0,
    axes,
    a: { buffer: 0, offset: offset[0] },
    b: { buffer: 1, offset: offset[1] },
    c: { buffer: 2, offset: offset[2] },
  },
  sizes,
]

const axis = (role: Axis['role'], size: number, a: number, b: number, c: number): Axis => ({ role, size, a, b, c })

const matmul = (name: string, m: number, k: number, n: number) =>
  contract(name, [m * k, k * n, m * n], [axis('m', m, k, 0, n), axis('n', n, 0, 1, 1), axis('k', k, 1, n, 0)])

/** dw [k, n] of a linear layer: x [m, k], dy [m, n]. */
const linearGradient = (name: string, m: number, k: number, n: number) =>
  contract(name, [m * k, m * n, k * n], [axis('m', k, 1, 0, n), axis('n', n, 0, 1, 1), axis('k', m, k, n, 0)])

/** dx [m, k] = dy [m, n] w [k, n]' */
const linearBackward = (name: string, m: number, k: number, n: number) =>
  contract(name, [m * n, k * n, m * k], [axis('m', m, n, 0, k), axis('n', k, 0, n, 1), axis('k', n, 1, 1, 0)])

const conv = (name: string, b: number, h: number, cin: number, cout: number) => {
  const [row, image] = [(h + 2) * cin, (h + 2) * (h + 2) * cin]
  return contract(
    name,
    [b * image, 9 * cin * cout, b * h * h * cout],
    [
      axis('m', b, image, 0, h * h * cout),
      axis('m', h, row, 0, h * cout),
      axis('m', h, cin, 0, cout),
      axis('n', cout, 0, 1, 1),
      axis('k', 3, row, 3 * cin * cout, 0),
      axis('k', 3, cin, cin * cout, 0),
      axis('k', cin, 1, cout, 0),
    ],
  )
}

/** dw [3, 3, cin, cout] from x and dy. */
const convGradient = (name: string, b: number, h: number, cin: number, cout: number) => {
  const [row, image] = [(h + 2) * cin, (h + 2) * (h + 2) * cin]
  return contract(
    name,
    [b * image, b * h * h * cout, 9 * cin * cout],
    [
      axis('m', 3, row, 0, 3 * cin * cout),
      axis('m', 3, cin, 0, cin * cout),
      axis('m', cin, 1, 0, cout),
      axis('n', cout, 0, 1, 1),
      axis('k', b, image, h * h * cout, 0),
      axis('k', h, row, h * cout, 0),
      axis('k', h, cin, cout, 0),
    ],
  )
}

/** Scores of window attention, q and k inside of one qkv [windows, tokens, 3, heads, d]. */
const scores = (name: string, windows: number, tokens: number, heads: number, d: number) => {
  const [token, window] = [3 * heads * d, tokens * 3 * heads * d]
  return contract(
    name,
    [windows * window, windows * window, windows * heads * tokens * tokens],
    [
      axis('batch', windows, window, window, heads * tokens * tokens),
      axis('batch', heads, d, d, tokens * tokens),
      axis('m', tokens, token, 0, tokens),
      axis('n', tokens, 0, token, 1),
      axis('k', d, 1, 1, 0),
    ],
    [0, heads * d, 0],
  )
}

/** Values weighted by scores, heads side by side. */
const weighted = (name: string, windows: number, tokens: number, heads: number, d: number) => {
  const [token, window] = [3 * heads * d, tokens * 3 * heads * d]
  return contract(
    name,
    [windows * heads * tokens * tokens, windows * window, windows * tokens * heads * d],
    [
      axis('batch', windows, heads * tokens * tokens, window, tokens * heads * d),
      axis('batch', heads, tokens * tokens, d, d),
      axis('m', tokens, tokens, 0, heads * d),
      axis('n', d, 0, 1, 1),
      axis('k', tokens, 1, token, 0),
    ],
    [0, 2 * heads * d, 0],
  )
}

const workloads = [
  matmul('matmul 512', 512, 512, 512),
  conv('conv3x3 16x32x32x64->64', 16, 32, 64, 64),
  convGradient('  its weight gradient', 16, 32, 64, 64),
  conv('conv3x3 16x32x32x128->64', 16, 32, 128, 64),
  convGradient('  its weight gradient', 16, 32, 128, 64),
  conv('conv3x3 16x16x16x128->128', 16, 16, 128, 128),
  convGradient('  its weight gradient', 16, 16, 128, 128),
  conv('conv3x3 16x8x8x128->128', 16, 8, 128, 128),
  convGradient('  its weight gradient', 16, 8, 128, 128),
  conv('conv3x3 16x32x32x64->3', 16, 32, 64, 3),
  matmul('linear 16384x64x192', 16384, 64, 192),
  linearBackward('  its input gradient', 16384, 64, 192),
  linearGradient('  its weight gradient', 16384, 64, 192),
  matmul('linear 16384x64x256', 16384, 64, 256),
  matmul('linear 16384x256x64', 16384, 256, 64),
  linearGradient('  its weight gradient', 16384, 256, 64),
  matmul('linear 1024x128x512', 1024, 128, 512),
  matmul('linear 256x1152x4608', 256, 1152, 4608),
  scores('scores 16*64*4 16x16x16', 1024, 16, 4, 16),
  weighted('values 16*64*4 16x16x16', 1024, 16, 4, 16),
  scores('scores 16*4*4 16x16x32', 64, 16, 4, 32),
]

/** The contract a few times in one run, so that starting threads does not count. */
const times = 4
const planOf = ([kernel, sizes]: readonly [Contract, readonly number[]]): Plan => ({
  buffers: sizes.map((size, i) => ({ name: `b${i}`, size })),
  inputs: sizes.slice(0, 2).map((size, buffer) => ({ name: `b${buffer}`, buffer, shape: [size] })),
  outputs: [],
  constants: [],
  state: [],
  lifetimes: sizes.map(() => null),
  regions: Array.from({ length: times }, () => ({ name: kernel.name, extent: 1, kernels: [kernel] })),
})

const measure = async (work: readonly [Contract, readonly number[]], threads: number): Promise<number> => {
  const plan = planOf(work)
  const [kernel, sizes] = work
  const kernelName: KernelName = form.name
  const executable = await wasmBackend({ kernel: kernelName }).compile(plan, { threads })
  const fill = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => ((i * 37) % 127) / 64 - 1)
  await executable.run({ b0: fill(sizes[0] ?? 0), b1: fill(sizes[1] ?? 0) })
  const taken: number[] = []
  for (let i = 0; i < 15; i++) {
    const start = performance.now()
    await executable.run({})
    taken.push(performance.now() - start)
  }
  await executable.dispose()
  return (flops(kernel) * times) / Math.min(...taken) / 1e6
}

const peak = await limit()
console.log(`kernel ${form.name}; multiply-adds in registers: ${peak.toFixed(1)} GFLOPS on one thread`)
console.log(`${'GFLOPS'.padEnd(30)}${'1 thread'.padStart(10)}${'of limit'.padStart(10)}${'2 threads'.padStart(11)}`)
const wanted = process.argv[2] ?? ''
for (const work of workloads.filter(([k]) => k.name.includes(wanted))) {
  const one = await measure(work, 1)
  const two = await measure(work, 2)
  const share = `${((100 * one) / peak).toFixed(0)} %`
  console.log(
    `${work[0].name.padEnd(30)}${one.toFixed(1).padStart(10)}${share.padStart(10)}${two.toFixed(1).padStart(11)}`,
  )
}

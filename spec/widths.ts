/**
 * `npm run test:widths`: every property and spec that runs on wasm, once per kernel variant. One line per variant; failures
 * are printed above it. All variants must pass the same tests, with the same tolerances.
 */
import { spawn } from 'node:child_process'
import { kernelStatuses, words } from '../backends/wasm/index.ts'

/** The files whose numbers come from the backend; the others do not depend on the form. */
const files = [
  'properties/products.property.ts',
  'properties/winograd.property.ts',
  'properties/sums.property.ts',
  'properties/math.property.ts',
  'properties/wasm.property.ts',
  'spec/backends/wasm/products.spec.ts',
  'spec/backends/wasm/wasm.spec.ts',
  'spec/check/gradient.spec.ts',
  'spec/cli/parity.spec.ts',
  'spec/cli/train.spec.ts',
  'spec/diffusion/network.spec.ts',
  'spec/docs/adding-a-primitive.spec.ts',
  'spec/docs/testing-a-layer.spec.ts',
  'spec/outside/declared.spec.ts',
  'spec/train/step.spec.ts',
]

interface Ended {
  readonly out: string
  readonly failed: boolean
}

const run = (kernel: string): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, DIFFIT_WASM_KERNEL: kernel }
    const child = spawn('tap', ['--reporter=tap', ...files], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (d) => {
      out += d
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ out, failed: code !== 0 }))
  })

/** What tap counts at the end: `# { total: 14, pass: 13, fail: 1 }`. */
const counted = (out: string, what: string): number => {
  const totals = /^# \{ total: .*$/m.exec(out)?.[0] ?? ''
  return Number(new RegExp(`\\b${what}: (\\d+)`).exec(totals)?.[1] ?? 0)
}

for (const { name, verdict, why } of await kernelStatuses()) {
  const say = (text: string): void => console.log(`${name.padEnd(8)}${words[name].name.padEnd(14)}${text}`)
  if (verdict === 'not available') {
    say(`not available here: ${why}`)
    continue
  }
  const start = performance.now()
  const { out, failed } = await run(name)
  const passed = counted(out, 'pass')
  const bad = failed || passed === 0
  if (bad)
    console.log(
      out
        .split('\n')
        .filter((line) => line.trim().startsWith('not ok'))
        .join('\n'),
    )
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  say(`${passed} passed, ${counted(out, 'fail')} failed, ${seconds} s${bad ? '  FAILED' : ''}`)
  if (bad) process.exitCode = 1
}

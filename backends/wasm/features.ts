/**
 * What the engine can do, found out by running a microkernel against a scalar loop before it is trusted. The choice
 * follows from the engine's features alone, never from timing, because it changes bits.
 */
import { readFileSync } from 'node:fs'
import v8 from 'node:v8'
import { assemble } from './assemble.ts'
import { fused, plain } from './math.ts'
import { type Form, maxRows, microkernelName, microkernels, runWords } from './microkernel.ts'

export type KernelName = Form['name']

export const forms: Readonly<Record<KernelName, Form>> = {
  fma256: { name: 'fma256', width: 16, madd: fused },
  fma128: { name: 'fma128', width: 8, madd: fused },
  simd: { name: 'simd', width: 8, madd: plain },
}

/** Engine flags under which a form is compiled: the optimising compiler at once, and pairs widened where asked. */
export const withFlags = <T>(form: Form, compile: () => T): T => {
  const on = ['--no-liftoff', '--no-wasm-lazy-compilation']
  const off = ['--liftoff', '--wasm-lazy-compilation']
  const wide = form.name === 'fma256'
  for (const flag of wide ? [...on, '--experimental-wasm-revectorize'] : on) v8.setFlagsFromString(flag)
  try {
    return compile()
  } finally {
    for (const flag of wide ? [...off, '--no-experimental-wasm-revectorize'] : off) v8.setFlagsFromString(flag)
  }
}

/** Widening helps where the processor has 256-bit FMA and the engine knows the flag (V8 13 and later, x64). */
const canWiden = (): boolean => {
  const major = Number(process.versions.v8?.split('.')[0] ?? 0)
  if (process.arch !== 'x64' || major < 13) return false
  if (process.platform !== 'linux') return true
  try {
    const flags = readFileSync('/proc/cpuinfo', 'utf8')
    return /\bavx2\b/.test(flags) && /\bfma\b/.test(flags)
  } catch {
    return false
  }
}

/** Multiplies small whole numbers, whose products are exact in any order and fused or not. */
const agrees = async (form: Form): Promise<boolean> => {
  const k = 7
  const [a, b, c, rowsA, rowsC, run] = [1024, 4096, 8192, 0, 32, 64]
  const binary = await assemble(
    [
      '(module (memory (export "memory") 1)',
      microkernels(form, ['table']),
      `(export "run" (func ${microkernelName('table', maxRows)})))`,
    ].join('\n'),
  )
  if (!WebAssembly.validate(binary)) return false
  const instance = withFlags(form, () => new WebAssembly.Instance(new WebAssembly.Module(binary)))
  const { memory, run: multiply } = instance.exports
  if (!(memory instanceof WebAssembly.Memory) || typeof multiply !== 'function') return false
  const words = new Int32Array(memory.buffer)
  const floats = new Float32Array(memory.buffer)
  for (let r = 0; r < maxRows; r++) {
    words[rowsA / 4 + r] = 4 * k * r
    words[rowsC / 4 + r] = 4 * form.width * r
    for (let i = 0; i < k; i++) floats[a / 4 + k * r + i] = (r * 3 + i * 5) % 11
  }
  for (let i = 0; i < k * form.width; i++) floats[b / 4 + i] = (i * 7) % 13
  words.set([0, 0, k], run / 4)
  multiply(rowsA, a, b, rowsC, c, run, run + 4 * runWords, 4, 4 * form.width, 0, 1)
  return Array.from({ length: maxRows * form.width }, (_, i) => i).every((i) => {
    const [r, j] = [Math.floor(i / form.width), i % form.width]
    let sum = 0
    for (let t = 0; t < k; t++) sum += (floats[a / 4 + k * r + t] ?? 0) * (floats[b / 4 + t * form.width + j] ?? 0)
    return floats[c / 4 + i] === sum
  })
}

/** The fastest form that this engine computes correctly. */
export const bestForm = async (): Promise<Form> => {
  const candidates = [...(canWiden() ? [forms.fma256] : []), forms.fma128]
  for (const form of candidates) if (await agrees(form)) return form
  return forms.simd
}

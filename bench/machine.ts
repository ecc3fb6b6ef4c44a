/** The machine on which the figures were measured. */
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { chosenForm } from '../backends/wasm/index.ts'

const flags = ['avx2', 'fma', 'avx512f']

const present = (): string => {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8')
    return flags.filter((flag) => new RegExp(`\\b${flag}\\b`).test(text)).join(', ') || `none of ${flags.join(', ')}`
  } catch {
    return 'flags unknown'
  }
}

export const machine = async (): Promise<string> => {
  const processors = cpus()
  const { node, v8 } = process.versions
  const { name } = await chosenForm()
  return [
    `${processors.length} cores of ${processors[0]?.model.trim() ?? 'an unknown processor'} (${present()})`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${node}, V8 ${v8}, ${process.platform} ${process.arch}`,
    `kernel variant ${name}`,
  ].join('; ')
}

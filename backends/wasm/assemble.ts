/** WebAssembly text -> binary, by wabt. The only file that knows the assembler. */
import createWabt from 'wabt'

const features = { simd: true, relaxed_simd: true, threads: true, bulk_memory: true, sat_float_to_int: true }

/** Throws an Error that points into the text where it is wrong. */
export const assemble = async (text: string): Promise<Uint8Array<ArrayBuffer>> => {
  const wabt = await createWabt()
  const parsed = wabt.parseWat('plan.wat', text, features)
  try {
    return new Uint8Array(parsed.toBinary({}).buffer)
  } finally {
    parsed.destroy()
  }
}

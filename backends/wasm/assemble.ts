/** WebAssembly text -> binary, by wabt. The only file that uses the assembler. */
import createWabt from 'wabt'

const features = { simd: true, relaxed_simd: true, threads: true, bulk_memory: true, sat_float_to_int: true }

/** Throws an Error with the position in the text where it is invalid. */
export const assemble = async (text: string): Promise<Uint8Array<ArrayBuffer>> => {
  const wabt = await createWabt()
  const parsed = wabt.parseWat('plan.wat', text, features)
  try {
    return new Uint8Array(parsed.toBinary({}).buffer)
  } finally {
    parsed.destroy()
  }
}

/** WebAssembly text -> binary, by wabt. The only file that uses the assembler. */
import createWabt from 'wabt'

const features = { simd: true, relaxed_simd: true, threads: true, bulk_memory: true, sat_float_to_int: true }

let loaded: ReturnType<typeof createWabt> | undefined

/** One assembler for all texts: it is a large module, which the engine would compile anew. */
const assembler = (): ReturnType<typeof createWabt> => {
  loaded ??= createWabt()
  return loaded
}

/** Throws an Error with the position in the text where it is invalid. */
export const assemble = async (text: string): Promise<Uint8Array<ArrayBuffer>> => {
  const wabt = await assembler()
  const parsed = wabt.parseWat('plan.wat', text, features)
  try {
    return new Uint8Array(parsed.toBinary({}).buffer)
  } finally {
    parsed.destroy()
  }
}

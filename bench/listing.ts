/**
 * Prints V8's machine code for one microkernel, then its WebAssembly text: `npx node bench/listing.ts [WALK] [ROWS]`.
 */
import v8 from 'node:v8'
import { assemble } from '../backends/wasm/assemble.ts'
import { compileFor } from '../backends/wasm/features.ts'
import { chosenForm } from '../backends/wasm/index.ts'
import { microkernel, microkernelName, walkNames } from '../backends/wasm/microkernel.ts'

const [, , name = 'rows', rows = '6'] = process.argv
const walk = walkNames.find((known) => known === name)
if (walk === undefined) throw new Error(`there is no walk "${name}": expected ${walkNames.join(', ')}`)
const form = await chosenForm()
const text = microkernel(walk, Number(rows), form)
const exported = `(export "multiply" (func ${microkernelName(walk, Number(rows))}))`
const binary = await assemble(`(module (memory 1) ${text} ${exported})`)
v8.setFlagsFromString('--print-wasm-code')
await compileFor(form, binary)
v8.setFlagsFromString('--no-print-wasm-code')
console.log(text)

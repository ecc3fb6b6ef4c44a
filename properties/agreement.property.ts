/** wasm is what the agreement suite says a backend is. */
import { wasm } from '../backends/wasm/index.ts'
import { suite } from './agreement/suite.ts'

suite('wasm', wasm)

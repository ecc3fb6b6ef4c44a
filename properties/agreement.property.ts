/** The agreement suite on wasm. */
import { wasm } from '../backends/wasm/index.ts'
import { suite } from './agreement/suite.ts'

suite('wasm', wasm)

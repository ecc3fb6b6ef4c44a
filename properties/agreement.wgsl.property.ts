/** The agreement suite on the webgpu backend; skipped with a message without an adapter. */
import { webgpu } from '../backends/webgpu/index.ts'
import { webgpuFound } from '../spec/webgpuFound.ts'
import { suite } from './agreement/suite.ts'

suite('webgpu', webgpu, await webgpuFound())

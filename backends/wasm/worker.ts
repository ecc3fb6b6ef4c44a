/** A compute thread in Node. */
import { parentPort, workerData } from 'node:worker_threads'
import { computation } from './thread.ts'

if (parentPort === null) throw new Error('wasm worker: not started by the wasm backend')
const port = parentPort
const run = computation(workerData)
port.on('message', () => {
  run()
  port.postMessage('done')
})
port.postMessage('ready')

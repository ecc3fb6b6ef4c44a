/** A compute thread in a page: a module worker whose first message is its job. */
import type { Job } from './hostPort.ts'
import { computation } from './thread.ts'

const begin = ({ data }: MessageEvent<Job>): void => {
  const run = computation(data)
  addEventListener('message', () => {
    run()
    postMessage('done')
  })
  postMessage('ready')
}
addEventListener('message', begin, { once: true })

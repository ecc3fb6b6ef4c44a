/** A compute thread in a browser: a module worker whose first message is its job. */
import type { Job } from './hostPort.ts'
import { computation } from './thread.ts'

/** What to compute, and the lock by which the page sees that the worker lives. */
export interface Hold {
  readonly job: Job
  readonly lock: string
}

const forever = (): Promise<void> => new Promise(() => undefined)

const begin = ({ data: { job, lock } }: MessageEvent<Hold>): void => {
  const run = computation(job)
  addEventListener('message', () => {
    run()
    postMessage('done')
  })
  void navigator.locks.request(lock, () => {
    postMessage('ready')
    return forever()
  })
}
addEventListener('message', begin, { once: true })

/** The backend's host in the browser. Engine flags cannot be set there, so kernels are 128-bit. */
import type { Host, Thread } from './hostPort.ts'
import type { Hold } from './worker.browser.ts'

/**
 * A worker that terminates sends no event. So each holds its own Web Lock for as long as it lives, and the page waits for
 * the lock, which the browser grants when the worker is gone.
 */
const start: Host['start'] = (job, died): Thread => {
  const worker = new Worker(new URL('./worker.browser.ts', import.meta.url), { type: 'module' })
  const lock = `diffit ${crypto.randomUUID()}`
  let told = false
  let answered = (): void => undefined
  /** The worker's next message. */
  const answer = (): Promise<void> =>
    new Promise((resolve) => {
      answered = resolve
    })
  const failed = (why: string): void => {
    if (!told) died(why)
  }
  worker.addEventListener('message', () => answered())
  worker.addEventListener('error', (event) => {
    event.preventDefault()
    // a worker that fails to load gives no reason
    failed(event.message || 'its file could not be loaded (it needs the headers of the page)')
  })
  const ready = answer()
  const hold: Hold = { job, lock }
  worker.postMessage(hold)
  ready.then(() => navigator.locks.request(lock, () => failed('it ended')))
  return {
    ready,
    run: () => {
      worker.postMessage('run')
      return answer()
    },
    stop: async () => {
      told = true
      worker.terminate()
    },
  }
}

export const host: Host = {
  parallelism: () => navigator.hardwareConcurrency,
  environment: () => undefined,
  machine: async () => ({ arch: 'unknown', v8: 'unknown', flags: null, widens: null }),
  unshared: () =>
    crossOriginIsolated
      ? null
      : 'threads cannot share memory in this page: serve it over https or from localhost, and with the headers ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
  compile: (binary) => WebAssembly.compile(binary),
  start,
  availableMemory: () => null,
}

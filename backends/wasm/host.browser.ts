/** The host of the backend in a page. Engine flags cannot be set there, so kernels are of 128 bits. */
import type { Host, Thread } from './hostPort.ts'

const start: Host['start'] = (job): Thread => {
  const worker = new Worker(new URL('./worker.browser.ts', import.meta.url), { type: 'module' })
  /** The worker's next message. A worker that cannot be loaded says nothing about why. */
  const answer = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const forget = (): void => {
        worker.removeEventListener('message', done)
        worker.removeEventListener('error', failed)
      }
      const done = (): void => {
        forget()
        resolve()
      }
      const failed = (event: ErrorEvent): void => {
        forget()
        event.preventDefault()
        reject(new Error(event.message || 'its file could not be loaded (it needs the headers of the page)'))
      }
      worker.addEventListener('message', done)
      worker.addEventListener('error', failed)
    })
  worker.postMessage(job)
  return {
    ready: answer,
    run: () => {
      worker.postMessage('run')
      return answer()
    },
    stop: async () => worker.terminate(),
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
}

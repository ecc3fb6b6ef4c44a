/** Preloaded into the command line: after SIGUSR2 no compute thread is heard, so that the current step never ends. */
import { Worker } from 'node:worker_threads'

const { emit } = Worker.prototype
let deaf = false
Worker.prototype.emit = function (event: string | symbol, ...rest: readonly unknown[]): boolean {
  return deaf && event === 'message' ? false : Reflect.apply(emit, this, [event, ...rest])
}
process.once('SIGUSR2', () => {
  deaf = true
  console.log('stuck')
})

/** What is shown while a program is compiled for a device. */
import { PassThrough } from 'node:stream'
import t from 'tap'
import { compilingProgress } from '../../src/cli/compilingProgress.ts'

t.test('nothing within the first second; then what is done, of how many, and the time that is left', async (t) => {
  let now = 100
  const stream = new PassThrough()
  const { show, stop } = compilingProgress(stream, () => now)
  show(3, 197)
  t.equal(stream.read(), null)
  now += 10
  show(20, 200)
  stop()
  t.match(String(stream.read()), /10% \| compiling for the device 20\/200 \| 1m30s left/)
})

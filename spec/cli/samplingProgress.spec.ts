/** The progress of sampling: a line per step where there is no terminal, one line that is rewritten where there is. */
import { PassThrough } from 'node:stream'
import t from 'tap'
import { samplingProgress } from '../../src/cli/samplingProgress.ts'

const readings = [1, 2, 3, 4].map((step) => ({ step, steps: 4, images: 36, seconds: 40 * step }))

t.test('in a log, a line per step: how far, how fast, how long', async (t) => {
  const stream = new PassThrough()
  const { show, stop } = samplingProgress(stream)
  for (const reading of readings) show(reading)
  stop()
  // 36 images in 4 steps of 40 seconds: 9 images' work a step
  t.equal(
    String(stream.read()),
    [
      'step 1/4 | 0.2 images/s | 2m00s left',
      'step 2/4 | 0.2 images/s | 1m20s left',
      'step 3/4 | 0.2 images/s | 40s left',
      'step 4/4 | 0.2 images/s | 0s left',
      '',
    ].join('\n'),
  )
})

t.test('on a terminal, a bar with the same fields, ended by stop', async (t) => {
  const terminal = { isTTY: true, columns: 120, cursorTo: () => true, clearLine: () => true, moveCursor: () => true }
  const stream = Object.assign(new PassThrough(), terminal)
  const { show, stop } = samplingProgress(stream)
  for (const reading of readings.slice(0, 2)) show(reading)
  stop()
  const text = String(stream.read())
  t.match(text, /█+░+ 25% \| step 1\/4 \| 0\.2 images\/s \| 2m00s left/)
  t.match(text, / 50% \| step 2\/4 \| 0\.2 images\/s \| 1m20s left/)
  stop()
  t.equal(stream.read(), null, 'a second stop writes nothing')
})

/** A run's folder and its metrics: what is refused, what is cut, and a disk that is full. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { createRun, openRun, requireEmpty, sweep } from '../../src/io/run.ts'
import { checkpointSteps, saveCheckpoint } from '../../src/io/runCheckpoints.ts'
import { cutMetrics, type MetricsRow, openMetrics, readMetrics } from '../../src/io/runMetrics.ts'

const row = (step: number): MetricsRow => ({
  step,
  images: 4 * step,
  loss: 1 / step,
  validation: null,
  learningRate: 1e-3,
  gradientNorm: 1,
  imagesPerSecond: 10,
  seconds: step,
})

t.test('a folder is made once: what holds a run, or anything else, is refused', async (t) => {
  const folder = join(t.testdir(), 'runs', 'one')
  t.strictSame(await createRun(folder, 'seed: 1\n')(), E.right(undefined))
  t.strictSame(await openRun(folder)(), E.right('seed: 1\n'))
  t.match(await createRun(folder, 'seed: 2\n')(), { left: /holds another run/ })
  t.equal(readFileSync(join(folder, 'config.yaml'), 'utf8'), 'seed: 1\n')
  const other = t.testdir({ 'thesis.txt': '' })
  t.match(await requireEmpty(other)(), { left: /is not empty/ })
  t.match(await openRun(other)(), { left: /is not a run: it has no config\.yaml/ })
  const file = join(t.testdir({ file: '' }), 'file')
  t.match(await createRun(file, '')(), { left: /cannot read .*file: a part of the path is not a folder/ })
})

t.test(
  'metrics: what was appended is read; a cut keeps the rows up to a step and drops a torn last line',
  async (t) => {
    const folder = t.testdir()
    t.strictSame(await readMetrics(folder)(), E.right([]))
    const metrics = await openMetrics(folder)()
    if (E.isLeft(metrics)) return t.fail(metrics.left)
    for (const step of [1, 2, 3]) await metrics.right.append(row(step))()
    await metrics.right.close()
    const path = join(folder, 'metrics.jsonl')
    writeFileSync(path, '{"step":4,"ima', { flag: 'a' })
    t.strictSame(await cutMetrics(folder, 2)(), E.right([row(1), row(2)]))
    t.equal(readFileSync(path, 'utf8').split('\n').length, 3)
    writeFileSync(path, 'nonsense\n')
    t.match(await readMetrics(folder)(), { left: /metrics\.jsonl: it is not JSON/ })
  },
)

t.test('a full disk is one sentence', { skip: !existsSync('/dev/full') }, async (t) => {
  const folder = t.testdir()
  symlinkSync('/dev/full', join(folder, 'metrics.jsonl'))
  const metrics = await openMetrics(folder)()
  if (E.isLeft(metrics)) return t.fail(metrics.left)
  t.match(await metrics.right.append(row(1))(), { left: /cannot write .*metrics\.jsonl: the disk is full/ })
  await metrics.right.close()
})

t.test('checkpoints: the newest three by number stay, and half-written files are swept', async (t) => {
  const folder = t.testdir()
  mkdirSync(join(folder, 'checkpoints'))
  for (const step of [9, 10, 11, 100]) await saveCheckpoint(folder, step, { tensors: new Map(), metadata: {} })()
  t.strictSame(await checkpointSteps(folder)(), E.right([100, 11, 10]))
  const half = join(folder, 'checkpoints', '.step-101.safetensors.0123456789ab.tmp')
  writeFileSync(half, '')
  await sweep(folder)()
  t.notOk(existsSync(half))
  t.strictSame(await checkpointSteps(folder)(), E.right([100, 11, 10]))
})

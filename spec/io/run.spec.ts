/**
 * A run's folder, record, checkpoints and metrics: what is refused, kept, cut and put aside, and a disk that is full.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t, { type Test } from 'tap'
import { newFolder, readConfig, requireEmpty, sweep } from '../../src/io/run.ts'
import {
  checkpointPath,
  loadCheckpoint,
  outOfReach,
  saveCheckpoint,
  setAside,
  sweepCheckpoints,
} from '../../src/io/runCheckpoints.ts'
import { cutMetrics, type MetricsRow, openMetrics, readMetrics } from '../../src/io/runMetrics.ts'
import { newRecord, type RunRecord, readRecord, writeRecord } from '../../src/io/runRecord.ts'
import type { SafeTensors, Writable } from '../../src/io/safetensors.ts'
import { save } from '../../src/io/safetensorsFile.ts'
import { failing } from './failing.ts'

/** The class of open files, whose methods fail where a test says so. */
const probe = await open(process.execPath, 'r')
const FileHandle = Object.getPrototypeOf(probe)
await probe.close()

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

const right = async <A>(task: () => Promise<E.Either<string, A>>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw new Error(result.left)
  return result.right
}

t.test('a folder is created once: one that holds a run, or anything else, is refused', async (t) => {
  const folder = join(t.testdir(), 'runs', 'one')
  const held = await right(newFolder(folder))
  t.match(await newFolder(folder)(), { left: /is in use by process/ })
  writeFileSync(join(folder, 'config.yaml'), 'seed: 1\n')
  await held.release()
  t.strictSame(await readConfig(folder)(), E.right('seed: 1\n'))
  t.match(await newFolder(folder)(), { left: /holds another run/ })
  t.strictSame(readdirSync(folder).sort(), ['checkpoints', 'config.yaml', 'samples'], 'and nothing is left there')
  const other = t.testdir({ 'thesis.txt': '' })
  t.match(await requireEmpty(other)(), { left: /is not empty \(it holds thesis\.txt\)/ })
  t.match(await readConfig(other)(), { left: /is not a run: it has no config\.yaml/ })
  const file = join(t.testdir({ file: '' }), 'file')
  t.match(await newFolder(file)(), { left: /cannot read .*file: a part of the path is not a folder/ })
})

t.test('a killed start does not block the next one; checkpoints and images do', async (t) => {
  const folder = t.testdir({
    checkpoints: { '.step-1.safetensors.0123456789ab.tmp': '' },
    samples: {},
    'run.json': '{',
  })
  t.strictSame(await requireEmpty(folder)(), E.right(undefined))
  writeFileSync(join(folder, 'checkpoints', 'step-9.safetensors'), '')
  t.match(await requireEmpty(folder)(), { left: /is not empty \(it holds checkpoints\)/ })
})

t.test(
  'metrics: appended rows are read back; truncation keeps the rows up to a step and drops an incomplete last line',
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
    writeFileSync(path, '\0\0\0\n{"step":3}\n', { flag: 'a' })
    t.strictSame(await cutMetrics(folder, 2)(), E.right([row(1), row(2)]), 'rubbish behind the checkpoint is cut')
    writeFileSync(path, 'nonsense\n')
    t.match(await cutMetrics(folder, 2)(), { left: /line 1: it is not JSON, before the row of step 2/ })
    t.match(await readMetrics(folder)(), { left: /metrics\.jsonl, line 1: it is not JSON/ })
  },
)

t.test('a full disk: rows are buffered, and only saving reports it', { skip: !existsSync('/dev/full') }, async (t) => {
  const folder = t.testdir()
  symlinkSync('/dev/full', join(folder, 'metrics.jsonl'))
  const metrics = await right(openMetrics(folder))
  await metrics.append(row(1))()
  t.match(await metrics.sync(), { left: /cannot write .*metrics\.jsonl: the disk is full/ })
  await metrics.close()
})

t.test('rows that could not be written are written with the next one, over the incomplete write', async (t) => {
  const folder = t.testdir()
  const metrics = await right(openMetrics(folder))
  await metrics.append(row(1))()
  const real = FileHandle.write
  FileHandle.write = async function (this: object, bytes: Uint8Array, from: number, _length: number, place: number) {
    await real.call(this, bytes, from, 5, place)
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
  }
  await metrics.append(row(2))()
  FileHandle.write = real
  t.match(readFileSync(join(folder, 'metrics.jsonl'), 'utf8'), /\n\{"ste$/, 'part of it was written')
  await metrics.append(row(3))()
  t.strictSame(await metrics.sync(), E.right(undefined))
  await metrics.close()
  t.strictSame(await readMetrics(folder)(), E.right([row(1), row(2), row(3)]))
})

// ------------------------------------------------------------------------------------------------- checkpoints
const file = (value: number): SafeTensors<Writable> => ({
  tensors: new Map([['x', { dtype: 'F32', shape: [2], values: Float32Array.of(value, 1) }]]),
  metadata: { about: 'a test' },
})

const saved = async (folder: string, record: RunRecord, steps: readonly number[]): Promise<RunRecord> => {
  let current = record
  for (const step of steps)
    current = (await right(saveCheckpoint(folder, current, { step, kept: null }, file(step)))).record
  return current
}

const made = (t: Test): string => {
  const folder = t.testdir()
  mkdirSync(join(folder, 'checkpoints'))
  return folder
}
const list = (folder: string): readonly string[] => readdirSync(join(folder, 'checkpoints')).sort()

t.test('the newest three are kept, by the order of writing, not by number', async (t) => {
  const folder = made(t)
  const record = await saved(folder, newRecord(), [100, 9, 10, 11])
  t.strictSame(
    record.checkpoints.map(({ step }) => step),
    [9, 10, 11],
  )
  t.strictSame(await right(readRecord(folder)), record)
  t.strictSame(list(folder), ['step-10.safetensors', 'step-11.safetensors', 'step-9.safetensors'])
  const half = join(folder, 'checkpoints', '.step-101.safetensors.0123456789ab.tmp')
  writeFileSync(half, '')
  await right(sweep(folder))
  t.notOk(existsSync(half))
})

t.test("another run's files are never read, replaced or removed", async (t) => {
  const folder = made(t)
  const theirs = await saved(folder, newRecord('theirs'), [4, 900])
  const bytes = readFileSync(checkpointPath(folder, { file: 'step-4.safetensors' }))
  const mine = await saved(folder, newRecord('mine'), [1, 2, 3, 4, 5])
  t.strictSame(
    mine.checkpoints.map((c) => c.file),
    ['step-3.safetensors', 'step-4-mine.safetensors', 'step-5.safetensors'],
  )
  await right(sweepCheckpoints(folder, mine))
  t.ok(readFileSync(checkpointPath(folder, { file: 'step-4.safetensors' })).equals(bytes))
  t.ok(list(folder).includes('step-900.safetensors'))
  const swapped = { file: 'step-900.safetensors', step: 900 }
  t.match(await loadCheckpoint(folder, mine, swapped)(), { left: /step-900\.safetensors: it belongs to another run$/ })
  const without = await right(setAside(folder, { ...mine, checkpoints: [...mine.checkpoints, swapped] }, swapped))
  t.strictSame(without, mine, 'it leaves the record')
  t.ok(list(folder).includes('step-900.safetensors'), 'but not its place')
  t.strictSame(theirs.checkpoints.length, 2)
})

t.test('a change of any byte of a checkpoint is detected, and the checkpoint set aside', async (t) => {
  const folder = made(t)
  const record = await saved(folder, newRecord(), [1, 2])
  const entry = { file: 'step-2.safetensors', step: 2 }
  const path = checkpointPath(folder, entry)
  const whole = readFileSync(path)
  t.match(await loadCheckpoint(folder, record, entry)(), { right: { metadata: { about: 'a test' } } })
  for (let i = 0; i < whole.length; i++) {
    const bytes = Buffer.from(whole)
    bytes.writeUInt8((bytes.readUInt8(i) + 1) % 256, i)
    writeFileSync(path, bytes)
    // the padding of the header is no content
    if (whole.readUInt8(i) !== 0x20)
      t.match(await loadCheckpoint(folder, record, entry)(), { _tag: 'Left' }, `byte ${i}`)
  }
  writeFileSync(path, whole.subarray(0, whole.length - 1))
  t.match(await loadCheckpoint(folder, record, entry)(), { left: /cut short/ })
  const next = await right(setAside(folder, record, entry))
  t.strictSame(
    next.checkpoints.map(({ step }) => step),
    [1],
  )
  t.strictSame(list(folder), ['damaged-step-2.safetensors', 'step-1.safetensors'])
  t.strictSame(await right(readRecord(folder)), next)
})

t.test('unrecorded files of a killed process are removed; unreadable files are not', async (t) => {
  const folder = made(t)
  const record = await saved(folder, newRecord(), [1, 2])
  await saved(folder, record, [3])
  writeFileSync(checkpointPath(folder, { file: 'step-8.safetensors' }), 'something')
  await right(writeRecord(folder, record))
  await right(sweepCheckpoints(folder, record))
  t.strictSame(list(folder), ['step-1.safetensors', 'step-2.safetensors', 'step-8.safetensors'])
})

t.test('a run without a record gets one from its files; files of two runs are an error', async (t) => {
  const folder = made(t)
  for (const step of [9, 10])
    await right(save(checkpointPath(folder, { file: `step-${step}.safetensors` }), file(step)))
  const record = await right(readRecord(folder))
  t.strictSame(
    record.checkpoints.map(({ step }) => step),
    [9, 10],
  )
  await saved(folder, newRecord('one'), [11])
  unlinkSync(join(folder, 'run.json'))
  t.match(await right(readRecord(folder)), { id: 'one', checkpoints: [{ step: 9 }, { step: 10 }, { step: 11 }] })
  await saved(folder, newRecord('two'), [12])
  unlinkSync(join(folder, 'run.json'))
  t.match(await readRecord(folder)(), { left: /has no run\.json, and its checkpoints belong to 2 runs/ })
  writeFileSync(join(folder, 'run.json'), '{"format"')
  t.match(await readRecord(folder)(), { left: /run\.json is damaged: expected a run's record/ })
})

t.test("copies that somebody made of a run's checkpoints stay, and are not taken for it", async (t) => {
  const folder = made(t)
  const record = await saved(folder, newRecord('mine'), [1, 2])
  const bytes = readFileSync(checkpointPath(folder, { file: 'step-2.safetensors' }))
  const copies = ['step-2-keep.safetensors', 'step-best.safetensors', 'step-2.safetensors.bak']
  for (const copy of copies) writeFileSync(checkpointPath(folder, { file: copy }), bytes)
  writeFileSync(checkpointPath(folder, { file: 'step-7-mine.safetensors' }), bytes)
  await right(sweepCheckpoints(folder, record))
  t.strictSame(list(folder), [...copies, 'step-1.safetensors', 'step-2.safetensors'].sort())
  writeFileSync(checkpointPath(folder, { file: 'step-7-mine.safetensors' }), bytes)
  unlinkSync(join(folder, 'run.json'))
  t.strictSame(
    (await right(readRecord(folder))).checkpoints.map(({ file }) => file),
    ['step-1.safetensors', 'step-2.safetensors', 'step-7-mine.safetensors'],
    'also where the record is made again',
  )
})

t.test('a record that names files outside its folder is invalid', async (t) => {
  const folder = made(t)
  for (const file of ['../../other/checkpoints/step-1.safetensors', '..', '/step-1.safetensors', 'notes.txt']) {
    await right(writeRecord(folder, { ...newRecord('mine'), checkpoints: [{ file, step: 1 }] }))
    t.match(await readRecord(folder)(), { left: /run\.json is damaged/ }, file)
  }
})

t.test('a checkpoint that cannot be opened may be intact; one that is missing, or not a file, is not', async (t) => {
  const folder = made(t)
  const entry = { file: 'step-1.safetensors', step: 1 }
  t.equal(await outOfReach(folder, entry), null, 'gone')
  mkdirSync(checkpointPath(folder, entry))
  t.equal(await outOfReach(folder, entry), null, 'a folder')
  const other = { file: 'step-2.safetensors', step: 2 }
  writeFileSync(checkpointPath(folder, other), '')
  t.equal(await outOfReach(folder, other), null, 'it opens')
  const denied = failing(checkpointPath(folder, other), 'EACCES')
  t.match(await outOfReach(folder, other), /cannot read .*step-2\.safetensors: permission denied/)
  denied.restore()
})

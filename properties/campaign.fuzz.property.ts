/**
 * The short form of the fuzz campaign, with a fixed seed: a mutated file is read correctly or rejected in one sentence.
 * `npm run campaign -- fuzz` is the long form.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { formats } from './campaign/fuzz/formats.ts'
import { fuzz, type Limits } from './campaign/fuzz/fuzz.ts'
import { put } from './campaign/fuzz/inputs.ts'
import { outcomeFault } from './campaign/fuzz/judge.ts'
import { peak } from './campaign/fuzz/peak.ts'
import { startWorker } from './campaign/fuzz/process.ts'
import { fresh } from './campaign/fuzz/state.ts'

/** Only the long form judges time: here only an input that never ends fails. */
const limits: Limits = { seconds: 60, bytes: 256 * 2 ** 20, patience: 120_000 }

const inFolder = async (t: { teardown: (f: () => unknown) => void }): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-campaign-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

t.test('valid files of every format are accepted', async (t) => {
  const folder = await inFolder(t)
  for (const { name, valid, read } of formats)
    for (const files of valid) {
      await put(folder, files)
      t.same(await read(folder, files), { kind: 'accepted' }, name)
    }
})

t.test('2,100 mutated inputs: the right content or one sentence, no crash, no memory beyond 256 MiB', async (t) => {
  const folder = await inFolder(t)
  const state = await fuzz(fresh(20260726), { inputs: 2100, limits, failures: folder, done: async () => undefined })
  t.same(state.failures, [])
  for (const { name } of formats) {
    const tally = state.tallies[name]
    t.equal(tally?.inputs, 300, name)
    t.ok(tally !== undefined && tally.accepted > 0 && tally.refused > 0, `${name}: some are read, some are refused`)
  }
})

t.test('a resumed campaign ends like one that was never stopped', async (t) => {
  const folder = await inFolder(t)
  const plan = { limits, failures: folder, done: async () => undefined }
  const half = await fuzz(fresh(7), { ...plan, inputs: 100 })
  const [resumed, whole] = [await fuzz(half, { ...plan, inputs: 200 }), await fuzz(fresh(7), { ...plan, inputs: 200 })]
  const answers = ({ batches, tallies }: typeof whole): unknown => [
    batches,
    Object.entries(tallies).map(([name, { inputs, accepted, refused }]) => [name, inputs, accepted, refused]),
  ]
  t.same(answers(resumed), answers(whole))
  t.same(Object.keys(whole.tallies), ['safetensors', 'idx'])
})

t.test('a dying worker is reported with its input and reason, and replaced', async (t) => {
  const worker = startWorker(limits.patience)
  t.teardown(worker.stop)
  const job = { format: 'idx', seed: 1, count: 3, from: 1, to: 3, folder: join(await inFolder(t), 'input') }
  const died = await worker.run({ ...job, format: 'no such format' })
  t.match(died, { results: [], stopped: { index: 1, how: /^ended with exit code 1: .*no format is called no such/s } })
  const lived = await worker.run(job)
  t.equal(lived.stopped, null)
  t.same(
    lived.results.map(({ index, fault }) => [index, fault]),
    [
      [1, null],
      [2, null],
    ],
  )
})

t.test(
  'memory that was allocated and freed is measured',
  { skip: process.platform === 'linux' ? false : 'only Linux forgets the high-water mark' },
  async (t) => {
    const grown = peak()
    const bytes = 100 * 2 ** 20
    t.equal(Buffer.alloc(bytes, 1)[bytes - 1], 1)
    t.ok(grown() >= bytes * 0.9)
    t.ok(peak()() < bytes)
  },
)

t.test('the judge distinguishes a sentence from other text', async (t) => {
  const refused = (sentence: string): string | null => outcomeFault({ kind: 'refused', sentence }, '/d')
  t.equal(refused('/d/a: it is torn'), null)
  t.match(refused('/d/a: it is torn\nreally'), /more than one line/)
  t.match(refused('it is torn'), /no file is named/)
  t.match(refused(`/d/a: ${'x'.repeat(3000)}`), /a sentence of 3006 characters/)
  t.match(refused('/d/a: TypeError     at read (file.ts:3:4)'), /a stack trace/)
  t.match(refused(''), /an empty sentence/)
  t.match(outcomeFault({ kind: 'wrong', what: 'other images' }, '/d'), /accepted, but wrong/)
})

/** A process that reads inputs and measures each: the campaign survives whatever one does to it. */
import { inspect } from 'node:util'
import type { Files, Format } from './format.ts'
import { formats } from './formats.ts'
import { inputsOf, put, sizeOf } from './inputs.ts'
import { outcomeFault } from './judge.ts'
import { type Job, jobCodec, type Message, type Result } from './messages.ts'
import { peak } from './peak.ts'

const tell = (message: Message): void => {
  process.send?.(message)
}

/** Reads one input. */
const tried = async (format: Format, folder: string, files: Files): Promise<Omit<Result, 'index'>> => {
  await put(folder, files)
  const grown = peak()
  const before = process.cpuUsage()
  const answer = await format.read(folder, files).then(
    (outcome) => ({ accepted: outcome.kind === 'accepted', fault: outcomeFault(outcome, folder) }),
    (error) => ({ accepted: false, fault: `thrown: ${inspect(error).slice(0, 1000)}` }),
  )
  const used = process.cpuUsage(before)
  return { ...answer, seconds: (used.user + used.system) / 1e6, bytes: Math.max(0, grown() - sizeOf(files)) }
}

const warm = new Set<Format>()
const run = async (job: Job): Promise<void> => {
  const format = formats.find(({ name }) => name === job.format)
  if (format === undefined) throw new Error(`no format is called ${job.format}`)
  if (!warm.has(format)) for (const files of format.valid) await tried(format, job.folder, files)
  warm.add(format)
  const inputs = inputsOf(format, job.seed, job.count)
  for (const [index, files] of inputs.entries()) {
    if (index < job.from || index >= job.to) continue
    tell({ kind: 'begin', index })
    tell({ kind: 'result', index, ...(await tried(format, job.folder, files)) })
  }
  tell({ kind: 'end' })
}

process.on('message', (message) => {
  if (jobCodec.is(message)) run(message)
})
process.on('disconnect', () => process.exit())

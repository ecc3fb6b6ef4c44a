/** PyTorch's side of time to quality: trainings and paces of torch_quality.py, by jobs that are files. */
import { join, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { must, mustBe } from '../../src/cli/errors.ts'
import { decodeWith } from '../../src/codec/codecs.ts'
import { writeAtomic } from '../../src/io/atomic.ts'
import { makeFolder } from '../../src/io/makeFolder.ts'
import { saveNpz } from '../../src/io/npz.ts'
import type { Contestant as Timed } from '../harness.ts'
import { pythonProcess } from '../peers/torch.ts'
import type { Contestant } from './contestants.ts'
import type { Curve } from './curve.ts'
import { type Exported, exported, heldMatrices } from './exported.ts'
import type { Task } from './task.ts'

const script = new URL('../peers/torch_quality.py', import.meta.url).pathname

/** Which PyTorch, and what it computes on. */
export interface Torch {
  readonly python: string
  readonly device: 'cpu' | 'cuda'
  readonly threads: number
}

const described = t.type({ version: t.string, device: t.string })
const point = t.type({ images: t.number, loss: t.number, own: t.number, seconds: t.number })
const ending = t.type({ end: t.string })
const message = t.union([ending, point])
const timesCodec = t.type({ times: t.readonlyArray(t.number) })

/** Its version and device; a Left says why it does not start. */
export const describeTorch = async ({ python, device, threads }: Torch) => {
  const child = pythonProcess(python, [script, 'describe', device], threads)
  const answer = pipe(
    await child.answer(),
    E.chain((raw) => decodeWith(described, raw, 'the answer of PyTorch')),
  )
  await child.close()
  return answer
}

/** Writes a job with its data, and gives the path of the job. */
const jobOf = async (
  { python: _, ...where }: Torch,
  folder: string,
  about: Exported,
  run: Pick<Task, 'budget' | 'marks' | 'goal'>,
  channelsLast: boolean,
): Promise<string> => {
  const [data, job] = [join(folder, 'data.npz'), join(folder, channelsLast ? 'job-channels-last.json' : 'job.json')]
  await must(makeFolder(folder))
  await must(saveNpz(data, exported(about)))
  const { model, settings } = about
  const content = {
    ...where,
    data: resolve(data),
    out: resolve(folder),
    config: model.config,
    training: settings.training,
    matrices: heldMatrices(model),
    images: run.budget,
    marks: run.marks,
    goal: run.goal,
    channels_last: channelsLast,
  }
  await must(writeAtomic(job, `${JSON.stringify(content)}\n`))
  return job
}

type Measured = Required<Pick<Curve, 'points' | 'own'>>

/** Trains to the budget, or to the lowest goal; false if it was stopped before. It resumes by itself. */
export const trainTorch = async (
  torch: Torch,
  task: Task,
  about: Exported,
  say: (line: string) => void,
  save: (curve: Measured) => Promise<void>,
): Promise<boolean> => {
  const job = await jobOf(torch, task.folder, about, task, false)
  const child = pythonProcess(torch.python, [script, 'train', job], torch.threads)
  let curve: Measured = { points: [], own: [] }
  const watch = setInterval(() => {
    if (task.stop.asked()) child.stop()
  }, 200)
  try {
    for (;;) {
      const said = mustBe(
        pipe(
          await child.answer(),
          E.chain((raw) => decodeWith(message, raw, 'the answer of PyTorch')),
        ),
      )
      if ('end' in said) return said.end === 'done'
      const { images, loss, own, seconds } = said
      curve = { points: [...curve.points, [images, loss]], own: [...curve.own, [images, own]] }
      say(`${task.contestant.name}: ${images} images, ${seconds.toFixed(0)} s of training, loss ${loss.toFixed(4)}`)
      await save(curve)
    }
  } finally {
    clearInterval(watch)
    await child.close()
  }
}

/** Times steps of a contestant's training, in one memory format. */
export const torchPace = (
  torch: Torch,
  { name }: Pick<Contestant, 'name'>,
  folder: string,
  about: Exported,
  channelsLast: boolean,
): Timed => ({
  by: name,
  threads: torch.threads,
  ...(channelsLast ? { variant: 'channels last' } : {}),
  start: async () => {
    const run = { budget: about.images, marks: [], goal: null }
    const child = pythonProcess(
      torch.python,
      [script, 'pace', await jobOf(torch, folder, about, run, channelsLast)],
      torch.threads,
    )
    const steps = async (n: number): Promise<readonly number[]> => {
      const { times } = mustBe(
        pipe(
          await child.ask({ steps: n }),
          E.chain((raw) => decodeWith(timesCodec, raw, 'the answer of PyTorch')),
        ),
      )
      return times
    }
    return E.right({ steps, facts: {}, stop: child.close })
  },
})

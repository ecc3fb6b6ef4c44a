/** One sampler with one number of steps: its images, their distance to the solution, the distance of its samples. */
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { CompiledNetwork } from '../../diffusion/network.ts'
import { type ImageRequest, sample } from '../../diffusion/sample.ts'
import type { SamplerName } from '../../diffusion/sampler/samplers.ts'
import { names } from '../../io/run.ts'
import { fail, must } from '../errors.ts'
import { evaluateRun } from '../evaluate.ts'
import { distanceOf } from '../evaluation/evaluation.ts'
import { type EvaluationEnvironment, Interrupted } from '../evaluation/session.ts'
import { keysOf } from '../keys.ts'
import type { ImageSpace } from '../latents/imageSpace.ts'
import { calls } from '../settings/calls.ts'
import type { Catalogue, EvaluateOptions, Settings } from '../settings/options.ts'
import { samplerOf, samplingOf } from '../settings/tables.ts'
import { readImages, writeImages } from './images.ts'
import { type Asked, type Cell, readSamplers, type SamplersRecord, writeSamplers } from './record.ts'

/** One sampler with one number of steps. */
export interface Way {
  readonly sampler: SamplerName
  readonly steps: number
}

/** What all ways have in common. */
export interface Bench {
  readonly sampling: Settings['sampling']
  readonly network: CompiledNetwork
  /** What its images are to pictures. */
  readonly space: ImageSpace
  /** The folder of the results. */
  readonly out: string
  readonly asked: Asked
  /** The images whose distance to the solution is measured. */
  readonly requests: readonly ImageRequest[]
  readonly environment: EvaluationEnvironment
}

/** The distance of a way's samples to real pictures. */
export type Judge = (way: Way) => Promise<NonNullable<Cell['distance']>>

const drawn = async (b: Bench, way: Way): Promise<readonly Float32Array[]> => {
  const { sampling, network, space, requests, asked, environment } = b
  const began = performance.now()
  const stopCheck = (): void => {
    if (environment.stopped()) throw new Interrupted()
  }
  const images = await sample(network, samplingOf({ ...sampling, ...way }, network.process), {
    stopCheck,
    onStep: ({ step, steps }) =>
      environment.progress.show({
        what: `${way.sampler}, ${steps} steps: step`,
        done: step,
        all: steps,
        pictures: (requests.length * step) / steps,
        seconds: (performance.now() - began) / 1000,
      }),
  })(keysOf(asked.seed).samples, requests)
  return (await space.decode(images, stopCheck)).map((image) => Float32Array.from(image))
}

/** From the file where it has them. */
const kept = async (b: Bench, way: Way, file: string): Promise<readonly Float32Array[]> => {
  const path = join(b.out, 'images', file)
  const { run, step, guidance, schedule, others, seed, solved } = b.asked
  const of = JSON.stringify({ run, step, guidance, schedule, others, seed, solved, ...way })
  const found = await must(readImages(path, of))
  if (found !== null) return found
  const images = await drawn(b, way)
  await must(writeImages(path, of, images))
  return images
}

export const imagesOf = (b: Bench, way: Way): Promise<readonly Float32Array[]> =>
  kept(b, way, `${way.sampler}-${way.steps}.safetensors`)

/** The solution of the probability-flow ODE, as good as so many steps of Heun's method make it. */
export const solutionOf = (b: Bench): Promise<readonly Float32Array[]> =>
  kept(b, { sampler: 'heun', steps: b.asked.reference_steps }, 'solution.safetensors')

/**
 * Judges as `evaluate` does, in a folder for each way. The first way writes the statistics of the training pictures, the
 * others read them.
 */
export const judgeOf =
  (b: Bench, first: Way | undefined, o: EvaluateOptions, known: Catalogue): Judge =>
  async (way) => {
    const { asked, environment, out } = b
    const statistics = join(out, 'training-pictures.npz')
    const begins = way === first || !(await must(names(out))).includes(basename(statistics))
    const found = await evaluateRun(
      {
        ...o,
        ...way,
        ...(begins ? { writeReference: statistics } : { reference: statistics }),
        seed: asked.seed,
        count: asked.judged ?? calls.judgedCount.about.default,
        out: join(out, 'evaluations', `${way.sampler}-${way.steps}`),
      },
      { ...environment, say: () => undefined },
      known,
    )
    const { called, figure } = distanceOf(found)
    return { called, value: figure.value, accuracy: found.class_accuracy?.all ?? null }
  }

/** Root mean square of the differences. */
const errorOf = (images: readonly Float32Array[], solution: readonly Float32Array[]): number => {
  const squares = images.flatMap((image, i) => Array.from(image, (v, j) => (v - (solution[i]?.[j] ?? Number.NaN)) ** 2))
  return Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / squares.length)
}

const begun = async ({ out, asked }: Bench): Promise<readonly Cell[]> => {
  const before = await must(readSamplers(out))
  if (before === null) return []
  const fields = Object.entries<unknown>(asked)
  const [differs] = fields.filter(([key, value]) => !isDeepStrictEqual({ ...before.asked }[key], value))
  return differs === undefined
    ? before.cells
    : fail(`${out} was begun with another ${differs[0]}: give the same options, or another --out`)
}

/** Makes what is missing; the record is written after each. The cells are in the order of the ways. */
export const filled = async (b: Bench, ways: readonly Way[], judge: Judge | null): Promise<SamplersRecord> => {
  const { out, asked, environment } = b
  const recordOf = (cells: readonly Cell[]): SamplersRecord => ({ format: 'diffit samplers 1', asked, cells })
  const cellOf = (cells: readonly Cell[], { sampler, steps }: Way): Cell | undefined =>
    cells.find((cell) => cell.sampler === sampler && cell.steps === steps)
  let cells = await begun(b)
  const solution = await solutionOf(b)
  for (const way of ways) {
    if (cellOf(cells, way) !== undefined) continue
    const error = errorOf(await imagesOf(b, way), solution)
    const distance = judge === null ? null : await judge(way)
    const evaluations = samplerOf({ ...b.sampling, ...way }).evaluations(way.steps)
    cells = [...cells, { ...way, evaluations, error, distance }]
    await must(writeSamplers(out, recordOf(cells)))
    environment.progress.stop()
    const judged = distance === null ? '' : `, ${distance.called} ${distance.value.toPrecision(3)}`
    environment.say(`${way.sampler}, ${way.steps} steps: ${error.toPrecision(2)} from the solution${judged}`)
  }
  return recordOf(ways.flatMap((way) => cellOf(cells, way) ?? []))
}

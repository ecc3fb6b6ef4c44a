/**
 * The pace of each contestant, milliseconds an image on the same threads, measured alternately in one run. The recipe at other
 * noise levels is the same work.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { wasm } from '../../backends/wasm/index.ts'
import { keysOf } from '../../src/cli/keys.ts'
import { objectiveOf } from '../../src/cli/objectives/objectives.ts'
import { planOf } from '../../src/lower/compile.ts'
import { withShapes } from '../../src/plan/compiled.ts'
import { initialState, runOf } from '../../src/train/run.ts'
import { alternate, each, median, type Rounds, type Contestant as Timed } from '../harness.ts'
import type { Contestant } from './contestants.ts'
import type { Exported } from './exported.ts'

const paceCodec = t.readonly(t.type({ ms_per_image: t.number, variant: t.string, steps: t.number }))
export const pacesCodec = t.readonly(
  t.type({
    machine: t.string,
    threads: t.number,
    /** Of PyTorch; null if it did not take part. */
    software: t.union([t.string, t.null]),
    /** By `paceName`. */
    paces: t.readonly(t.record(t.string, paceCodec)),
  }),
)
export type Paces = t.TypeOf<typeof pacesCodec>

/** The contestant whose pace is this one's too. */
export const paceName = ({ by, recipe }: Pick<Contestant, 'by' | 'recipe'>): string =>
  `${by.toLowerCase()}-${recipe === 'edm' ? 'default' : recipe}`

/** Times steps of our training as the command line runs them, with the noising of their batches. */
export const ourPace = (
  { name }: Pick<Contestant, 'name'>,
  { model, settings, dataset }: Exported,
  threads: number,
): Timed => ({
  by: name,
  threads,
  start: async () => {
    const objective = objectiveOf(model, settings)
    const { task, program: build } = objective.training()
    const program = build()
    const plan = planOf(program)
    const executable = await wasm.compile(plan, { threads })
    const run = runOf(withShapes(plan, executable, program), task)
    await run.load(initialState(task, keysOf(settings.seed).parameters), { updates: 0, images: 0 })
    const updates = run.steps(objective.batches(dataset))
    return E.right({ steps: (n) => each(n, () => updates.next()), facts: {}, stop: executable.dispose })
  },
})

/** A contestant's steps, and the images of each. */
export interface TimedBatches {
  readonly timed: Timed
  readonly batch: number
}

/** The best median of each name's settings, an image. */
export const pacesOf = async (
  all: readonly TimedBatches[],
  rounds: Rounds,
  say: (line: string) => void,
): Promise<Paces['paces']> => {
  const results = await alternate(
    all.map(({ timed }) => timed),
    rounds,
    ({ by }, why) => say(`${by} is left out: ${why}`),
  )
  const paces = results.flatMap(({ contestant, times }) => {
    const { by, variant } = contestant
    const batch = all.find(({ timed }) => timed === contestant)?.batch
    if (batch === undefined) return []
    return [{ by, pace: { ms_per_image: median(times) / batch, variant: variant ?? 'usual', steps: times.length } }]
  })
  const slowestFirst = paces.toSorted((a, b) => b.pace.ms_per_image - a.pace.ms_per_image)
  return Object.fromEntries(slowestFirst.map(({ by, pace }) => [by, pace]))
}

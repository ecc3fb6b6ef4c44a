/** The command line's options, validated; a left side is one sentence: what, where, what was expected. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { suggestion } from '../src/codec/nearest.ts'
import { reason } from './reason.ts'

/** As parsed by commander. */
export interface Given {
  readonly smoke?: boolean
  readonly json?: boolean
  readonly peers?: boolean
  readonly profile?: boolean
  readonly config?: string
  readonly batch?: string
  readonly threads?: string
  readonly backend?: string
  readonly only?: string
  readonly markdown?: string
}

/** Backends that are compared with wasm. */
const compared = ['gpu', 'webgpu'] as const
export type Compared = (typeof compared)[number]

export interface BenchOptions {
  readonly workloads: readonly string[]
  readonly config: string | null
  readonly batch: number
  readonly threads: readonly number[]
  readonly backend: Compared | null
  readonly only: string
  readonly smoke: boolean
  readonly json: boolean
  readonly peers: boolean
  readonly profile: boolean
  readonly markdown: string | null
}

const whole = (name: string, text: string | undefined, missing: number): E.Either<string, number> => {
  if (text === undefined) return E.right(missing)
  return /^[1-9]\d{0,8}$/.test(text)
    ? E.right(Number(text))
    : E.left(`--${name} is "${text}": expected a whole number of at least 1`)
}

const everyKnown = (names: readonly string[], known: readonly string[]): E.Either<string, readonly string[]> => {
  const unknown = names.find((name) => !known.includes(name))
  return unknown === undefined
    ? E.right(names.length === 0 ? known : names)
    : E.left(`there is no workload "${unknown}": ${suggestion(unknown, known)}`)
}

/** Workloads that support `--profile` and the gpu backend. */
export const trainingSteps: readonly string[] = ['image-s', 'latent-s', 'emoji32']

const usual = { batch: 16, threads: 2 }

/** Peers take part unless --no-peers, --smoke or --config excludes them; --peers includes them again. */
export const benchOptions = (
  names: readonly string[],
  given: Given,
  known: readonly string[],
): E.Either<string, BenchOptions> => {
  const { config = null, smoke = false, json = false, profile = false, markdown = null, only = '' } = given
  if (config !== null && names.length > 0)
    return E.left(`--config times one configuration: expected no workload with it, not "${names.join(' ')}"`)
  if (config === null && given.batch !== undefined) return E.left('--batch needs --config FILE')
  if (profile && config === null && names.length > 0 && !names.some((name) => trainingSteps.includes(name)))
    return E.left(
      `--profile is for training steps: expected ${trainingSteps.join(', ')} or --config FILE, not "${names.join(' ')}"`,
    )
  const backend = compared.find((name) => name === given.backend) ?? null
  if (given.backend !== undefined && backend === null)
    return E.left(`--backend is "${given.backend}": expected ${compared.join(' or ')}, to compare it with wasm`)
  if (given.backend !== undefined && config === null && !names.some((name) => trainingSteps.includes(name)))
    return E.left(
      `--backend ${given.backend} is for training steps: expected ${trainingSteps.join(', ')} or --config FILE`,
    )
  return pipe(
    E.Do,
    E.bind('workloads', () => everyKnown(names, known)),
    E.bind('batch', () => whole('batch', given.batch, usual.batch)),
    E.bind('most', () => whole('threads', given.threads, usual.threads)),
    E.map(({ workloads, batch, most }) => ({
      workloads,
      config,
      batch,
      threads: config !== null || given.threads !== undefined ? [most] : [1, 2],
      backend,
      only,
      smoke,
      json,
      profile,
      peers: given.peers ?? !(smoke || config !== null),
      markdown,
    })),
  )
}

/** A JSON file. */
export const jsonFile = (path: string): E.Either<string, unknown> =>
  pipe(
    E.tryCatch(
      () => readFileSync(path, 'utf8'),
      (error) => `cannot read ${path}: ${reason(error)}`,
    ),
    E.chain((text) =>
      E.tryCatch(
        (): unknown => JSON.parse(text),
        (error) => `${path} is not JSON: ${reason(error)}`,
      ),
    ),
  )

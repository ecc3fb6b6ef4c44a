/** The options of `npm run bench -- quality`, validated; a left side is one sentence: what, where, what was expected. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { suggestion } from '../../src/codec/nearest.ts'
import { python } from '../peers/torch.ts'
import { type Contestant, contestants } from './contestants.ts'

/** As parsed by commander. */
export interface GivenQuality {
  readonly only?: string
  readonly images?: string
  readonly threads?: string
  readonly out?: string
  readonly device?: string
  readonly python?: string
  readonly curves?: readonly string[]
  readonly paired?: boolean
  readonly report?: boolean
  readonly whole?: boolean
  readonly json?: boolean
  readonly smoke?: boolean
}

export interface QualityOptions {
  readonly among: readonly Contestant[]
  readonly images: number
  readonly threads: number
  readonly out: string
  readonly device: 'cpu' | 'cuda'
  readonly python: string
  /** Files of curves. */
  readonly curves: readonly string[]
  /** What is done before the table is made. */
  readonly work: 'train' | 'paces' | 'nothing'
  /** Whether a run goes on to its budget after the last goal. */
  readonly whole: boolean
  readonly json: boolean
  readonly smoke: boolean
}

/** The old recipe's images, whose loss is the last goal. */
const budget = 133_000

const whole = (name: string, text: string | undefined, missing: number): E.Either<string, number> =>
  text === undefined || /^[1-9]\d{0,8}$/.test(text)
    ? E.right(text === undefined ? missing : Number(text))
    : E.left(`--${name} is "${text}": expected a whole number of at least 1`)

const chosen = (only: string | undefined): E.Either<string, readonly Contestant[]> => {
  if (only === undefined) return E.right(contestants)
  const wanted = only.split(',').map((name) => name.trim())
  const known = contestants.map(({ name }) => name)
  const unknown = wanted.find((name) => !known.includes(name))
  return unknown === undefined
    ? E.right(contestants.filter(({ name }) => wanted.includes(name)))
    : E.left(`--only: there is no contestant "${unknown}": ${suggestion(unknown, known)}`)
}

const deviceOf = (device: string): E.Either<string, 'cpu' | 'cuda'> =>
  device === 'cpu' || device === 'cuda'
    ? E.right(device)
    : E.left(`--device is "${device}": expected cpu or cuda, for PyTorch`)

/** @param recorded the file of curves that is read unless others are given */
export const qualityOptions = (given: GivenQuality, recorded: string): E.Either<string, QualityOptions> => {
  const { paired = false, report = false, whole: toEnd = false, json = false, smoke = false } = given
  if (paired && report) return E.left('--paired and --report: expected one of them')
  return pipe(
    E.Do,
    E.bind('among', () => chosen(given.only)),
    E.bind('images', () => whole('images', given.images, smoke ? 64 : budget)),
    E.bind('threads', () => whole('threads', given.threads, 2)),
    E.bind('device', () => deviceOf(given.device ?? 'cpu')),
    E.map((all) => ({
      ...all,
      // paces and losses of a tiny model are not beside those of emoji32
      out: given.out ?? (smoke ? 'runs/quality-smoke' : 'runs/quality'),
      python: given.python ?? python,
      curves: given.curves ?? (smoke ? [] : [recorded]),
      work: paired ? ('paces' as const) : report ? ('nothing' as const) : ('train' as const),
      whole: toEnd,
      json,
      smoke,
    })),
  )
}

/**
 * PyTorch on this machine, in processes that stay alive between rounds (torch_rounds.py): one JSON request per line in, one
 * JSON response per line out. Two spinning OpenMP pools would compete for few cores, so waiting is passive.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { Contestant } from '../harness.ts'
import type { Product } from './library.ts'

/** Debian's, which finds Debian's PyTorch. */
export const python = '/usr/bin/python3'
const script = new URL('./torch_rounds.py', import.meta.url).pathname

/** What torch_rounds.py can prepare. */
export type TorchOperation =
  | ({ readonly kind: 'product' } & Product)
  | {
      readonly kind: 'conv'
      readonly of: 'output' | 'input' | 'weight'
      readonly batch: number
      readonly size: number
      readonly from: number
      readonly to: number
      readonly channels_last: boolean
    }
  | {
      readonly kind: 'attention'
      readonly windows: number
      readonly heads: number
      readonly tokens: number
      readonly width: number
      readonly gradient: boolean
    }
  | { readonly kind: 'layernorm'; readonly rows: number; readonly width: number; readonly gradient: boolean }
  | { readonly kind: 'forward'; readonly config: unknown; readonly batch: number }
  | {
      readonly kind: 'sampling'
      readonly config: unknown
      /** Decreasing noise levels to 0, and the time that the network is told at each of them but the last. */
      readonly levels: readonly number[]
      readonly times: readonly number[]
      readonly guidance: number
    }
  | { readonly kind: 'decode'; readonly config: unknown; readonly channels_last: boolean }
  | { readonly kind: 'step'; readonly config: unknown; readonly batch: number; readonly channels_last: boolean }

export interface TorchProcess {
  readonly threads: number
  /** A response is an object; a failure is one sentence. */
  readonly ask: (question: object) => Promise<E.Either<string, unknown>>
  readonly describe: () => Promise<E.Either<string, string>>
  readonly close: () => Promise<void>
}

/** A script in a process whose threads wait passively, and the end of what it says of its errors. */
export const pythonProcess = (program: string, args: readonly string[], threads: number) => {
  const { OPENBLAS_CORETYPE: _c, OPENBLAS_L2_SIZE: _l, ...rest } = process.env
  const env = { ...rest, OMP_NUM_THREADS: `${threads}`, OMP_WAIT_POLICY: 'PASSIVE', GOMP_SPINCOUNT: '0' }
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let errors = ''
  let failure: string | null = null
  child.stderr.on('data', (text) => {
    errors = `${errors}${text}`.slice(-4000)
  })
  child.on('error', (error) => {
    failure = `${program} does not start: ${error.message}`
  })
  child.stdin.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  /** The next line that it writes, as JSON; a Left is why there is none. */
  const answer = async (): Promise<E.Either<string, unknown>> => {
    const { value, done } = await answers.next()
    if (done === true) {
      await ended
      return E.left(failure ?? errors.trim().split('\n').at(-1) ?? 'the process exited')
    }
    return E.tryCatch((): unknown => JSON.parse(value), String)
  }
  const ask = (question: object): Promise<E.Either<string, unknown>> => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    return answer()
  }
  const close = async (): Promise<void> => {
    child.stdin.end()
    await ended
  }
  /** Asks it to end: a training saves first. */
  const stop = (): void => {
    child.kill('SIGTERM')
  }
  return { ask, answer, stop, close }
}
const start = (threads: number) => pythonProcess(python, [script, `${threads}`], threads)

const described = t.type({ version: t.string })
const decoded =
  <A>(codec: t.Decoder<unknown, A>) =>
  (answer: unknown): E.Either<string, A> =>
    pipe(
      codec.decode(answer),
      E.mapLeft(() => `PyTorch answered ${JSON.stringify(answer)}`),
    )

/** A separate process, started by the first request. */
export const torchProcess = (threads: number): TorchProcess => {
  let process: ReturnType<typeof pythonProcess> | null = null
  const ask: TorchProcess['ask'] = (question) => {
    process ??= start(threads)
    return process.ask(question)
  }
  return {
    threads,
    ask,
    describe: async () =>
      pipe(
        await ask({ describe: true }),
        E.chain(decoded(described)),
        E.map(({ version }) => version),
      ),
    close: async () => process?.close(),
  }
}

const times = t.type({ times: t.readonlyArray(t.number), facts: t.record(t.string, t.union([t.number, t.string])) })

/** `own`: the process belongs to this contestant alone and ends with it. */
export const torchContestant = (
  process: TorchProcess,
  operation: TorchOperation,
  repeat: number,
  own = false,
): Contestant => {
  let facts: Readonly<Record<string, number | string>> = {}
  const steps = async (n: number): Promise<readonly number[]> => {
    const answer = pipe(await process.ask({ steps: n, repeat }), E.chain(decoded(times)))
    if (E.isLeft(answer)) throw new Error(answer.left)
    facts = answer.right.facts
    return answer.right.times
  }
  return {
    by: 'PyTorch',
    threads: process.threads,
    ...('channels_last' in operation && operation.channels_last ? { variant: 'channels last' } : {}),
    start: async () =>
      pipe(
        await process.ask({ prepare: operation }),
        E.map(() => ({
          steps,
          get facts() {
            return facts
          },
          stop: async () => {
            if (own) await process.close()
          },
        })),
      ),
  }
}

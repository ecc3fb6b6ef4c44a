/**
 * PyTorch, at its best on this machine: the same training step through the executable reference, with every
 * combination of one and two threads and both memory formats. Two spinning OpenMP pools fight over few cores, so
 * waiting is passive (see README).
 */
import { spawnSync } from 'node:child_process'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'

const python = '/usr/bin/python3'
const script = new URL('./diffit_torch.py', import.meta.url).pathname

const timing = t.readonly(t.type({ step_ms_min: t.number, step_ms_median: t.number, parameters: t.number }))
export interface TorchTime extends t.TypeOf<typeof timing> {
  readonly threads: number
  readonly channelsLast: boolean
}

const run = (args: readonly string[], threads: number): E.Either<string, string> => {
  const { OPENBLAS_CORETYPE: _c, OPENBLAS_L2_SIZE: _l, ...env } = process.env
  const settings = { OMP_NUM_THREADS: `${threads}`, OMP_WAIT_POLICY: 'PASSIVE', GOMP_SPINCOUNT: '0' }
  const result = spawnSync(python, args, { env: { ...env, ...settings }, encoding: 'utf8' })
  if (result.error !== undefined) return E.left(`${python} does not start: ${result.error.message}`)
  return result.status === 0 ? E.right(result.stdout) : E.left(result.stderr.trim().split('\n').at(-1) ?? 'it failed')
}

const describe = `
import torch
blas = sorted({line.split()[-1] for line in open('/proc/self/maps') if 'blas' in line.lower() and '.so' in line})
print('PyTorch', torch.__version__, '|', ' '.join(path.split('/')[-1] for path in blas) or 'BLAS unknown')
`

/** Version and the BLAS library that it loads; left where there is no PyTorch. */
export const torchVersion = (): E.Either<string, string> =>
  pipe(
    run(['-c', describe], 2),
    E.map((text) => text.trim()),
  )

const parse = (text: string): E.Either<string, t.TypeOf<typeof timing>> =>
  pipe(
    E.tryCatch((): unknown => JSON.parse(text), String),
    E.chain((value) =>
      pipe(
        timing.decode(value),
        E.mapLeft(() => `the reference printed ${text.trim()}`),
      ),
    ),
  )

/** Times `steps` training steps of a configuration (a file in JSON). */
export const torchStep = (
  config: string,
  batch: number,
  steps: number,
  threads: number,
  channelsLast: boolean,
): E.Either<string, TorchTime> =>
  pipe(
    run(
      [script, 'bench', config, `${batch}`, `${steps}`, `${threads}`, ...(channelsLast ? ['channels_last'] : [])],
      threads,
    ),
    E.chain(parse),
    E.map((time) => ({ ...time, threads, channelsLast })),
  )

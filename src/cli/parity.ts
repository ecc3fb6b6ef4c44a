/** `diffit parity FILE`: compares our results with those in a file written by the PyTorch reference. */
import type { Command } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { backends } from '../../backends/index.ts'
import { load } from '../io/safetensorsFile.ts'
import type { Backend, CompileOptions } from '../plan/backend.ts'
import { Failure, must, mustBe } from './errors.ts'
import type { Deviation } from './parity/parityCase.ts'
import { type Parity, parityOf } from './parity/parityOf.ts'
import { reference } from './parity/reference.ts'
import { addFlags, decodeOptions } from './settings/flags.ts'
import { standard } from './settings/options.ts'

export { within } from './parity/parityOf.ts'

/** Compares with a file of `diffit_torch.py export` or `trajectory`, or of `kl_torch.py export`; fails in one sentence if it is neither. */
export const parity = async (backend: Backend, path: string, options: CompileOptions = {}): Promise<Parity> =>
  parityOf(
    backend,
    mustBe(E.mapLeft((why: string) => `cannot compare ${path}: ${why}`)(reference(await must(load(path))))),
    options,
  )

const line = ({ what, worst, of, error }: Deviation): string =>
  `${what.padEnd(16)}${error.toExponential(2)}${of > 1 ? `   the largest of ${of}: ${worst}` : ''}`

export const parityCommand = (program: Command): Command =>
  addFlags(program.command('parity'), 'parity')
    .description('compare with a file written by the PyTorch reference; exit 1 if the tolerance is exceeded')
    .argument('<file>', 'a safetensors file of `diffit_torch.py export` or `trajectory`, or of `kl_torch.py export`')
    .action(async (path: string, said: unknown) => {
      const { backend: name = standard.settings.fields.backend.about.default, threads } = mustBe(
        decodeOptions('parity', said),
      )
      const backend = backends[name]
      const result = await parity(backend, path, threads === undefined ? {} : { threads })
      console.log(`relative errors of a ${result.kind} on ${backend.name}, tolerance ${result.limit}`)
      for (const f of result.deviations) console.log(line(f))
      const off = result.deviations.filter((f) => !(f.error <= result.limit))
      if (off.length > 0) throw new Failure(`${off.map((f) => f.what).join(', ')} differ by more than ${result.limit}`)
    })

/** Settings in YAML, their text and their bytes changed, read as `train --config` does. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { standard } from '../../../src/cli/settings/options.ts'
import { readRun, readSettings, writeSettings } from '../../../src/cli/settings/settings.ts'
import { readText } from '../../../src/io/atomic.ts'
import { accepted, type Files, type Format, refused, wrong } from './format.ts'
import { changes } from './mutation.ts'
import { yamlChanges } from './text.ts'

const name = 'config.yaml'
const short = 'preset: emoji32\nseed: 3\nlength: {steps: 100}\ntraining:\n  batch: 16\n  learning_rate: 1e-3\n'
const whole = [...standard.presets.keys()].flatMap((preset) => {
  const read = readSettings(`preset: ${preset}`, {})
  return E.isRight(read) ? [writeSettings(read.right)] : []
})
const valid = [short, ...whole].map((text): Files => ({ [name]: Buffer.from(text) }))

const inputs = fc
  .tuple(
    fc.constantFrom(...valid),
    fc.oneof(
      { weight: 1, arbitrary: changes },
      {
        weight: 3,
        arbitrary: yamlChanges.map((change) => (file: Uint8Array) => Buffer.from(change(Buffer.from(file).toString()))),
      },
    ),
  )
  .map(([files, change]): Files => ({ [name]: change(files[name] ?? new Uint8Array()) }))

export const settings: Format = {
  name: 'settings',
  valid,
  inputs,
  read: async (folder) => {
    const path = join(folder, name)
    const read = await pipe(
      readText(path),
      TE.chainEitherK((text) =>
        pipe(
          readSettings(text ?? '', {}),
          E.mapLeft((what) => `${path}: ${what}`),
        ),
      ),
    )()
    if (E.isLeft(read)) return refused(read.left)
    const again = readRun(writeSettings(read.right), {})
    return E.isRight(again) && isDeepStrictEqual(again.right, read.right)
      ? accepted
      : wrong('written and read again they are others')
  },
}

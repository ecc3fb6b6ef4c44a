/** The settings of a run as its config.yaml says them, with none changed by options. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { configPath, readConfig } from '../../io/run.ts'
import { must, mustBe } from '../errors.ts'
import type { Catalogue, Settings } from '../settings/options.ts'
import { readRun } from '../settings/settings.ts'

/** The text of a run's config.yaml, read; the error names the file. */
export const settingsIn = (folder: string, text: string, known: Catalogue): E.Either<string, Settings> =>
  pipe(
    readRun(text, {}, known),
    E.mapLeft((what) => `${configPath(folder)}: ${what}`),
  )

/** Of a folder; fails in one sentence. */
export const settingsOfRun = async (folder: string, known: Catalogue): Promise<Settings> =>
  mustBe(settingsIn(folder, await must(readConfig(folder)), known))

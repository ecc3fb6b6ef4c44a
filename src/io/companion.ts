/**
 * Packages that only some functions need: pictures, plots, the default data set. Whoever uses those installs them; a
 * companion is loaded when it is first used, and one that is missing is named with the command that installs it.
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as A from 'fp-ts/lib/ReadonlyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { codeOf } from './reason.ts'

/** A package in the version that this library is tested with: package.json's devDependencies. */
export interface Companion<A> {
  readonly name: string
  readonly version: string
  /** What is used of it; rejects where it is not installed. */
  readonly load: () => Promise<A>
}

export type Sharp = typeof import('sharp').default

/** Reads, scales and writes pictures. */
export const sharp: Companion<Sharp> = {
  name: 'sharp',
  version: '0.35.5',
  load: async () => (await import('sharp')).default,
}

/** Draws plots. */
export const plot: Companion<typeof import('@observablehq/plot')> = {
  name: '@observablehq/plot',
  version: '0.6.17',
  load: () => import('@observablehq/plot'),
}

/** The document in which plots are drawn. */
export const linkedom: Companion<typeof import('linkedom')> = {
  name: 'linkedom',
  version: '0.18.12',
  load: () => import('linkedom'),
}

/** Reads and writes zip files. */
export const fflate: Companion<typeof import('fflate')> = {
  name: 'fflate',
  version: '0.8.3',
  load: () => import('fflate'),
}

/** Writes protocol buffers, which ONNX files are. */
export const protobufjs: Companion<typeof import('protobufjs')> = {
  name: 'protobufjs',
  version: '8.8.1',
  load: async () => (await import('protobufjs')).default,
}

/** The pictures of emoji: the folder where they are. */
export const emojiImages: Companion<string> = {
  name: 'emoji-datasource-google',
  version: '16.0.0',
  load: async () => dirname(createRequire(import.meta.url).resolve('emoji-datasource-google/package.json')),
}

/** What draws sample grids and loss curves. */
export const drawing: readonly Companion<unknown>[] = [sharp, plot, linkedom]

/** A companion that cannot be used; `why` is null where it is not installed. */
interface Fault extends Pick<Companion<unknown>, 'name' | 'version'> {
  readonly why: string | null
}

const isMissing = (error: unknown): boolean => ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(codeOf(error))
const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().replace(/\n.*/s, '')

const loaded = <A>({ name, version, load }: Companion<A>): TE.TaskEither<Fault, A> =>
  TE.tryCatch(load, (error) => ({ name, version, why: isMissing(error) ? null : firstLine(error) }))

/** What is to be installed, in one command; what does not load where everything is installed. */
const sentence = (purpose: string, faults: readonly Fault[]): string => {
  const missing = faults.filter(({ why }) => why === null)
  if (missing.length === 0)
    return `${purpose} needs ${faults.map(({ name, why }) => `the package ${name}, which does not load: ${why}`).join('; ')}`
  const packages = missing.length === 1 ? 'the package' : 'the packages'
  const names = missing.map(({ name }) => name).join(', ')
  return `${purpose} needs ${packages} ${names}: npm install ${missing.map(({ name, version }) => `${name}@${version}`).join(' ')}`
}

/** What is used of a companion; a Left of one sentence says for what it is needed and how to install it. */
export const companion =
  (purpose: string) =>
  <A>(one: Companion<A>): TE.TaskEither<string, A> =>
    pipe(
      loaded(one),
      TE.mapLeft((fault) => sentence(purpose, [fault])),
    )

/** The names and versions of several; a Left names all that are missing. */
export const companions =
  (purpose: string) =>
  (all: readonly Companion<unknown>[]): TE.TaskEither<string, string> =>
  async () => {
    const faults = A.lefts(await Promise.all(all.map((one) => loaded(one)())))
    return faults.length === 0
      ? E.right(all.map(({ name, version }) => `${name} ${version}`).join(', '))
      : E.left(sentence(purpose, faults))
  }

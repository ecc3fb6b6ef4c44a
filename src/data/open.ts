/** Data sets by name, as the command line gives them: `emoji`, `cifar10:DIR`, `idx:DIR`, `folder:DIR`. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shown } from '../codec/codecs.ts'
import { nearest } from '../codec/nearest.ts'
import { cifar10 } from './cifar10.ts'
import type { Dataset } from './dataset.ts'
import { emoji } from './emoji.ts'
import { idx } from './idx.ts'
import { imageFolder } from './imageFolder.ts'

type Open = (folder: string, size: number) => TE.TaskEither<string, Dataset>
const kinds: Readonly<Record<string, Open>> = {
  emoji: (_, size) => emoji(size),
  cifar10: (folder, size) => cifar10(folder, size),
  idx,
  folder: imageFolder,
}
const usage = Object.keys(kinds).map((kind) => (kind === 'emoji' ? kind : `${kind}:DIR`))

const hint = (kind: string): string => {
  const near = nearest(kind, Object.keys(kinds))
  return near === null ? '' : `; did you mean ${near}?`
}

/** A data set of square images of `size`. */
export const open = (spec: string, size: number): TE.TaskEither<string, Dataset> => {
  const colon = spec.indexOf(':')
  const [kind, folder] = colon < 0 ? [spec, ''] : [spec.slice(0, colon), spec.slice(colon + 1)]
  const of = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (of === undefined) return TE.left(`unknown data ${shown(spec)}: expected one of ${usage.join(', ')}${hint(kind)}`)
  if (!Number.isInteger(size) || size < 1 || size > 4096)
    return TE.left(`images cannot be ${size} x ${size}: expected 1 to 4096`)
  if (kind === 'emoji' && colon >= 0) return TE.left(`data ${shown(spec)}: emoji takes no folder`)
  if (kind !== 'emoji' && folder === '') return TE.left(`data ${shown(spec)} names no folder: expected ${kind}:DIR`)
  return of(folder, size)
}

/** The table of kinds of data sets: the one place that lists them. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { emojiImages, sharp } from '../io/companion.ts'
import { cifar10 } from './cifar10.ts'
import type { Dataset } from './dataset.ts'
import { emoji } from './emoji.ts'
import { idx } from './idx.ts'
import { imageFolder } from './imageFolder.ts'
import { latents } from './latents/latents.ts'

/** A package that only some data sets need, in the version that the library is tested with. */
export interface NeededPackage {
  readonly name: string
  readonly version: string
  /** Rejects where it is not installed. */
  readonly load: () => Promise<unknown>
}

/** A kind of data set: what it is called and how it is opened. */
export interface DataKind {
  /** What a user calls it: `name`, or `name:DIR` if it needs a folder. */
  readonly name: string
  /** What it is, in a few words. */
  readonly help: string
  readonly folder: 'needed' | 'none'
  /** Whether a bare path is most likely meant as one of this kind. */
  readonly likely?: true
  /** What its images are: pictures unless given. */
  readonly holds?: 'latents'
  /** The packages that it needs besides the library. */
  readonly needs?: readonly NeededPackage[]
  /**
   * Loads it as images of size x size pixels; the error is one sentence.
   * @param folder empty if it needs none
   * @param size height and width, in pixels
   */
  readonly open: (folder: string, size: number) => TE.TaskEither<string, Dataset>
}

/** How a user writes it: `emoji`, `idx:DIR`. */
export const usageOf = ({ name, folder }: Pick<DataKind, 'name' | 'folder'>): string =>
  folder === 'needed' ? `${name}:DIR` : name

/** The table of kinds of data sets that `--data` can name. */
export const kinds: readonly DataKind[] = [
  {
    name: 'emoji',
    help: "Google's emoji",
    folder: 'none',
    needs: [emojiImages, sharp],
    open: (_, size) => emoji(size),
  },
  {
    name: 'cifar10',
    help: "CIFAR-10's binary version",
    folder: 'needed',
    open: (folder, size) => cifar10(folder, size),
  },
  { name: 'idx', help: "MNIST's format", folder: 'needed', open: idx },
  {
    name: 'folder',
    help: 'one folder of images per class',
    folder: 'needed',
    likely: true,
    needs: [sharp],
    open: imageFolder,
  },
  {
    name: 'latents',
    help: 'latents that `data encode` wrote, for latent models',
    folder: 'needed',
    holds: 'latents',
    open: latents,
  },
]

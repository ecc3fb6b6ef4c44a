/** The networks that judge pictures, opened by the path that a user gives: the one place that knows all of them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '../data/dataset.ts'
import type { FeatureNetwork } from '../evaluation/featureNetwork.ts'
import type { Backend } from '../plan/backend.ts'
import { fail } from './errors.ts'
import { invocation } from './invocation.ts'
import type { Catalogue } from './options.ts'

/** What a network is opened for. */
export interface JudgedPictures {
  /** The data of the run: the size, channels and classes of the pictures. */
  readonly dataset: Dataset
  /** The name of the data, as `--data` takes it. */
  readonly data: string
  readonly backend: Backend
  readonly threads: number
  readonly known: Catalogue
}

/** A kind of network, recognised by its path. */
interface NetworkKind {
  readonly is: (path: string) => boolean
  readonly open: (path: string, judged: JudgedPictures) => Promise<FeatureNetwork>
}

/** The first that recognises a path opens it. */
const kinds: readonly NetworkKind[] = [
  {
    is: (path) => path.endsWith('.safetensors'),
    open: async (path) => fail(`${path}: the Inception network is not part of this version`),
  },
  {
    is: () => true,
    open: async (path) => fail(`${path}: classifiers are not part of this version`),
  },
]

/** Where the classifier of a data set is looked for. */
export const classifierFolder = ({ fingerprint }: Pick<Dataset, 'fingerprint'>): string =>
  join('runs', `classifier-${fingerprint}`)

/** @param path null: the classifier of the data, where it is usually trained */
export const openFeatureNetwork = async (path: string | null, judged: JudgedPictures): Promise<FeatureNetwork> => {
  const usual = classifierFolder(judged.dataset)
  if (path === null && !existsSync(usual))
    fail(
      `there is no classifier of this data in ${usual}: train one with: ${invocation('train', `--preset classifier --data ${judged.data} --out ${usual}`)}; or name a --network`,
    )
  const from = path ?? usual
  const kind = kinds.find(({ is }) => is(from)) ?? fail(`${from} is not a network that judges pictures`)
  return kind.open(from, judged)
}

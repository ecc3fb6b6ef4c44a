/** The networks that judge pictures, opened by the path that a user gives: the one place that knows all of them. */
import type { Dataset } from '../../data/dataset.ts'
import type { FeatureNetwork } from '../../evaluation/featureNetwork.ts'
import { inceptionNetwork } from '../../evaluation/inception/network.ts'
import type { Backend } from '../../plan/backend.ts'
import { fail, must } from '../errors.ts'
import type { Catalogue } from '../settings/options.ts'
import { classifierNetwork, newestClassifier, usualClassifier } from './classifierNetwork.ts'

/** What a network is opened for. */
export interface JudgedPictures {
  /** The data of the run: the size, channels and classes of the pictures. */
  readonly dataset: Dataset
  /** The name of the pictures, as `--data` takes it. */
  readonly data: string
  readonly backend: Backend
  readonly threads: number
  readonly known: Catalogue
  /** Hears what was passed over. */
  readonly say: (line: string) => void
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
    open: (path, { backend, threads }) => must(inceptionNetwork(path, backend, { threads })),
  },
  { is: () => true, open: classifierNetwork },
]

/** Where runs are looked for. */
const runs = 'runs'

/** The classifier that is used where no network is named; null if there is none. */
export const usualNetwork = (judged: Pick<JudgedPictures, 'dataset' | 'known'>): Promise<string | null> =>
  newestClassifier(runs, judged)

/** @param path null: the newest classifier of the data in the folder `runs` */
export const openFeatureNetwork = async (path: string | null, judged: JudgedPictures): Promise<FeatureNetwork> => {
  const from = path ?? (await usualClassifier(runs, judged))
  const kind = kinds.find(({ is }) => is(from)) ?? fail(`${from} is not a network that judges pictures`)
  return kind.open(from, judged)
}

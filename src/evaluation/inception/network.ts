/** The Inception network with a user's weights, compiled: what the Frechet inception distance is measured with. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { load } from '../../io/safetensorsFile.ts'
import { compile } from '../../lower/compile.ts'
import { flatSize, unflatten } from '../../nn/index.ts'
import type { Backend, CompileOptions } from '../../plan/backend.ts'
import { input } from '../../tensor/ops.ts'
import type { FeatureNetwork, Judgement } from '../featureNetwork.ts'
import { featuresOf, type InceptionConfig, inception, inceptionSize, inceptionSpec, published } from './inception.ts'
import { inceptionInput } from './input.ts'
import { inceptionWeights } from './weights.ts'

/** With the features that sFID takes. */
export interface InceptionJudgement extends Judgement {
  /** [n, 2023]: the first seven channels of `mixed_6/conv` at 17 x 17 places. */
  readonly spatial: Float32Array
}

/** A `FeatureNetwork` of 2,048 features and 1,008 classes of its own. */
export interface InceptionNetwork extends FeatureNetwork {
  /** RangeError where the pictures are no squares of 1 or 3 channels. */
  readonly judge: (pictures: Float32Array, n: number) => Promise<InceptionJudgement>
}

/** How to compile it. */
export interface InceptionOptions extends Pick<CompileOptions, 'threads' | 'profile'> {
  /** Pictures computed together, 8 unless given: memory grows with it. */
  readonly batch?: number
  /** Of another width than the published network, for tests. */
  readonly config?: InceptionConfig
}

/** Compiled for batches of one size, with its parameters theta [P]; rejects as `Backend.compile` does. */
export const compiledInception = async (
  theta: Float64Array,
  backend: Backend,
  { batch = 8, config = published, ...options }: InceptionOptions = {},
): Promise<InceptionNetwork> => {
  const spec = inceptionSpec(config)
  const parameters = input('theta', [flatSize(spec)])
  const x = input('x', [batch, inceptionSize, inceptionSize, 3])
  const { features, logits, spatial } = inception(unflatten(spec)(parameters))(x)
  const outputs = { features, logits, spatial }
  const executable = await compile(backend, options)({ inputs: [parameters, x], outputs })
  await executable.write({ theta: backend.precision === 'f32' ? Float32Array.from(theta) : theta })
  return {
    name: 'Inception-v3 of 2015-12-05',
    distance: 'FID',
    features: featuresOf(config),
    classes: config.classes,
    labels: null,
    heldOutAccuracy: null,
    judge: async (pictures, n) => {
      const each = pictures.length / n
      const width = (of: { readonly shape: readonly number[] }): number => of.shape.slice(1).reduce((a, b) => a * b, 1)
      const all = {
        features: new Float32Array(n * width(features)),
        logits: new Float32Array(n * width(logits)),
        spatial: new Float32Array(n * width(spatial)),
      }
      for (let from = 0; from < n; from += batch) {
        const count = Math.min(batch, n - from)
        const fed = new Float32Array(batch * inceptionSize ** 2 * 3)
        fed.set(inceptionInput(pictures.subarray(from * each, (from + count) * each), count))
        const found = await executable.run({ x: fed })
        all.features.set(found.features.subarray(0, count * width(features)), from * width(features))
        all.logits.set(found.logits.subarray(0, count * width(logits)), from * width(logits))
        all.spatial.set(found.spatial.subarray(0, count * width(spatial)), from * width(spatial))
      }
      return all
    },
    dispose: executable.dispose,
  }
}

/**
 * The network with the weights of a safetensors file; the Left is one sentence that names the file and what is wrong with
 * it. Rejects as `Backend.compile` does.
 */
export const inceptionNetwork = (
  path: string,
  backend: Backend,
  options: InceptionOptions = {},
): TE.TaskEither<string, InceptionNetwork> => {
  const { config = published } = options
  return pipe(
    load(path),
    TE.chainEitherK((file) =>
      pipe(
        inceptionWeights(config)(file),
        E.mapLeft((what) => `${path}: ${what}`),
      ),
    ),
    TE.chain((theta) => TE.fromTask(() => compiledInception(theta, backend, options))),
  )
}

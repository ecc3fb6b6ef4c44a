/** A small fixed random network that judges pictures: two linear maps of our engine; not a test. */
import { backends } from '../../backends/index.ts'
import type { FeatureNetwork } from '../../src/evaluation/featureNetwork.ts'
import { compile } from '../../src/lower/compile.ts'
import { fold, key, normal } from '../../src/random/key.ts'
import { input, matmul, tanh } from '../../src/tensor/ops.ts'

const features = 6
/** Pictures of a batch of the engine. */
const batch = 16

/** @param labels of the data: its classes are those */
export const tinyNetwork = async (elements: number, labels: readonly string[]): Promise<FeatureNetwork> => {
  const classes = labels.length
  const x = input('x', [batch, elements])
  const [first, second] = [input('first', [elements, features]), input('second', [features, classes])]
  const hidden = tanh(matmul(x, first))
  const executable = await compile(backends.cpu)({
    outputs: { hidden, logits: matmul(hidden, second) },
    inputs: [x, first, second],
  })
  const root = key(7)
  await executable.write({
    first: normal(fold(root, 0), elements * features).map((w) => w / Math.sqrt(elements)),
    second: normal(fold(root, 1), features * classes),
  })
  const judge: FeatureNetwork['judge'] = async (pictures, n) => {
    const out = { features: new Float32Array(n * features), logits: new Float32Array(n * classes) }
    for (let from = 0; from < n; from += batch) {
      const rows = Math.min(batch, n - from)
      const padded = new Float64Array(batch * elements)
      padded.set(pictures.subarray(from * elements, (from + rows) * elements))
      const said = await executable.run({ x: padded })
      out.features.set(said.hidden.subarray(0, rows * features), from * features)
      out.logits.set(said.logits.subarray(0, rows * classes), from * classes)
    }
    return out
  }
  return {
    name: 'a tiny network',
    distance: 'relative distance',
    features,
    classes,
    labels,
    heldOutAccuracy: 0.25,
    judge,
    dispose: () => executable.dispose(),
  }
}

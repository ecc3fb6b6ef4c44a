/** What a compiled classifier says of any number of pictures, and how right it is. */
import { element } from '../codec/element.ts'
import { joined } from '../codec/joined.ts'
import type { Executable, Numbers } from '../plan/backend.ts'
import { named } from './batch.ts'
import type { Shapes } from './task.ts'

/** A classifier compiled for batches of one size (`judgement`), whose parameters were written. */
export interface CompiledClassifier extends Shapes {
  readonly executable: Pick<Executable, 'run'>
}

/** Features [n, f] and class scores before the softmax [n, classes]. */
export interface Judged {
  readonly features: Float32Array
  readonly logits: Float32Array
}

/**
 * Judges n pictures [n, h, w, c] in batches of the network's size, the last one padded; a picture's answer depends on that
 * picture only. A RangeError where the numbers are not those of n pictures.
 * @param stopCheck called before each batch; throws if the work should stop
 */
export const judge =
  ({ executable, batch, size, channels, classes }: CompiledClassifier, stopCheck: () => void = () => undefined) =>
  async (pictures: Numbers, n: number): Promise<Judged> => {
    const each = size * size * channels
    if (pictures.length !== n * each)
      throw new RangeError(
        `${pictures.length} numbers: expected ${n * each}, of ${n} pictures ${size} x ${size} x ${channels}`,
      )
    const [features, logits]: [Numbers[], Numbers[]] = [[], []]
    for (let from = 0; from < n; from += batch) {
      stopCheck()
      const count = Math.min(batch, n - from)
      const image = new Float32Array(batch * each)
      image.set(pictures.subarray(from * each, (from + count) * each))
      const answer = await executable.run({ image })
      const [f, l] = [answer.features, answer.logits]
      if (f === undefined || l === undefined || l.length !== batch * classes)
        throw new RangeError(`the network answers ${l?.length ?? 'no'} class scores: expected ${batch * classes}`)
      features.push(f.subarray(0, (count * f.length) / batch))
      logits.push(l.subarray(0, count * classes))
    }
    return { features: joined(features), logits: joined(logits) }
  }

/** How right class scores are. */
export interface Score {
  /** The mean cross-entropy with smoothed labels, what training minimises. */
  readonly loss: number
  /** The share of pictures whose class has the highest score. */
  readonly accuracy: number
}

/** -log softmax of each of so many scores from `first` on. */
const surprises = (scores: Numbers, first: number, classes: number): readonly number[] => {
  const own = Array.from({ length: classes }, (_, k) => element(scores, first + k))
  const most = Math.max(...own)
  const sum = own.reduce((s, x) => s + Math.exp(x - most), 0)
  return own.map((x) => most + Math.log(sum) - x)
}

/** Of class scores [n, classes] against labels [n]; none is a RangeError. */
export const scored = (
  logits: Numbers,
  labels: readonly number[],
  { classes, smoothing }: { readonly classes: number; readonly smoothing: number },
): Score => {
  if (labels.length === 0 || logits.length !== labels.length * classes)
    throw new RangeError(
      `${logits.length} scores: expected ${classes} of each of ${labels.length} pictures, at least one`,
    )
  let [loss, right] = [0, 0]
  labels.forEach((label, i) => {
    const each = surprises(logits, i * classes, classes)
    const even = each.reduce((s, x) => s + x, 0) / classes
    loss += (1 - smoothing) * element(each, label) + smoothing * even
    if (named(logits, i * classes, classes) === label) right += 1
  })
  return { loss: loss / labels.length, accuracy: right / labels.length }
}

/** The loss of a compiled network over images with fixed noise: what training minimises, on images that it may not see. */

import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as RNEA from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import { element } from '../codec/element.ts'
import { stepFeeds } from './batch.ts'
import type { Loss } from './loss/loss.ts'
import { type CompiledNetwork, elementsOf, evaluated, type StopCheck } from './network.ts'
import type { NoisedImage } from './noise/noised.ts'

/**
 * The mean over images of weight(sigma) mean(penalty(F - target)), as `networkLoss` computes it in a graph. Of a network
 * that learns the variance it is the loss of F alone, the simple part of the hybrid loss, so that runs with and without a variance
 * can be compared by it. Images of another size than the network's are a RangeError.
 */
export const meanLoss =
  (network: CompiledNetwork, { penalty }: Loss, stopCheck: StopCheck = () => undefined) =>
  async (images: readonly NoisedImage[]): Promise<number> => {
    const { batch, channels, classes, process } = network
    const each = elementsOf(network)
    if (images.length === 0) throw new RangeError('the loss over no images: expected at least one')
    let sum = 0
    for (const part of RA.chunksOf(batch)(images)) {
      stopCheck()
      const full = Array.from({ length: batch }, (_, i) => part[i] ?? RNEA.head(part))
      const { target, weight, ...feeds } = stepFeeds(full, { process, classes, whole: 1 })
      const answer = await evaluated(network, feeds)
      part.forEach((_, i) => {
        let own = 0
        for (let j = i * each; j < (i + 1) * each; j++) {
          // F is the first c of the answer's channels
          const f = element(answer.output, Math.floor(j / channels) * answer.channels + (j % channels))
          own += penalty(f - element(target, j))
        }
        sum += (element(weight, i) * own) / each
      })
    }
    return sum / images.length
  }

/** An image that is given to an operation, instead of noise alone. */
import { type CompiledNetwork, elementsOf } from '../network.ts'
import type { ImageRequest } from '../sample.ts'

/** One image to make from another: `index` and `label` determine its noise, as those of an image to sample. */
export interface ImageEdit extends ImageRequest {
  /** [h, w, c] in [-1, 1]. */
  readonly image: Float64Array
}

/** The same requests; an image that is not of the network's size is a RangeError. */
export const checkedEdits = <A extends ImageEdit>(network: CompiledNetwork, edits: readonly A[]): readonly A[] => {
  edits.forEach(({ image }, i) => {
    if (image.length !== elementsOf(network))
      throw new RangeError(`image ${i} has ${image.length} numbers: expected ${elementsOf(network)}`)
  })
  return edits
}

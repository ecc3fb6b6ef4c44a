/**
 * A network that judges pictures: for each it gives features, between whose distributions distances are measured, and
 * class scores. What a distance may be called depends on the network alone, so the network says it.
 */

/** What a network says of pictures. */
export interface Judgement {
  /** [n, features] */
  readonly features: Float32Array
  /** Class scores before the softmax, [n, classes]. */
  readonly logits: Float32Array
}

/** A network that judges pictures, and what may be said of its figures. */
export interface FeatureNetwork {
  readonly name: string
  /** 'FID' of the Inception network of 2015 alone; any other network's distance is relative. */
  readonly distance: 'FID' | 'relative distance'
  /** The width of the features. */
  readonly features: number
  /** The number of classes that it scores. */
  readonly classes: number
  /** The names of its classes, where they are those of the data; null if they are its own (the 1,008 of Inception). */
  readonly labels: readonly string[] | null
  /** The share of held-out pictures whose class it names; null where its classes are not those of the data. */
  readonly heldOutAccuracy: number | null
  /**
   * @param pictures [n, h, w, c] in [-1, 1], channels last
   * @param n at most a batch of any size: the network cuts it as it needs
   */
  readonly judge: (pictures: Float32Array, n: number) => Promise<Judgement>
  readonly dispose: () => Promise<void>
}

/** The shape of one image of a batch, and of its condition. */
export interface ImageShape {
  /** Height and width, in pixels. */
  readonly size: number
  readonly channels: number
  /** The number of classes; null: unconditional. */
  readonly classes: number | null
  /** Numbers of the label of augmentation that the network takes; absent: it takes none. */
  readonly augmentLabels?: number
}

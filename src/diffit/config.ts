export interface ImageConfig {
  readonly image_size: number
  readonly channels: number
  readonly widths: readonly number[]
  readonly depths: readonly number[]
  readonly window: number
  readonly heads: number
  readonly time_width: number
  readonly mlp_ratio: number
  readonly classes: number | null
}

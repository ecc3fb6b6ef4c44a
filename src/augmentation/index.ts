/** Random transformations of training pictures, each from the picture's own key, and the one mechanism that resamples them. */
export { type Affine, composed, identity, inverse, rotation, scaling, translation } from './affine.ts'
export {
  type AugmentationSettings,
  type AugmentedPicture,
  augmentedBy,
  augmentLabel,
  augmentMap,
  edmAugmentation,
} from './edmAugmentation.ts'
export { cubic, type Kernel, linear } from './kernels.ts'
export {
  type Border,
  nearest,
  type PictureSize,
  type Pixels,
  type Resampling,
  reflected,
  resampled,
  type Source,
} from './resampled.ts'
export { augmentLabels, type Transform, transforms } from './transforms.ts'

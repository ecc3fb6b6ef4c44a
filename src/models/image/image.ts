/** The image-space model as a value of the table. */

import * as E from 'fp-ts/lib/Either.js'
import { beginsBranch } from '../../diffit/branches.ts'
import { matricesOf } from '../../diffit/matrices.ts'
import { unitTokenGain } from '../../diffit/tokens.ts'
import { model } from '../model.ts'
import { imageDefaults, imageFields } from './imageConfig.ts'
import { imageModel } from './imageModel.ts'
import { imagePresets, imageRecipes } from './imagePresets.ts'

/** DiffiT in image space (Tables S.2 and S.3 of arXiv 2312.02139): a U-Net of ResBlocks. An unconditional one stays so. */
export const image = model({
  objective: 'denoising',
  fields: imageFields,
  defaults: imageDefaults,
  presets: imagePresets,
  recipes: E.right(imageRecipes),
  network: imageModel,
  matrices: matricesOf,
  branches: beginsBranch,
  unitTokens: unitTokenGain,
  shape: ({ image_size: size, channels, classes, augment_labels: augmentLabels }) => ({
    ...{ size, channels, classes },
    ...(augmentLabels === 0 ? {} : { augmentLabels }),
  }),
  fit: (c, { channels, classes }) => ({ ...c, channels, classes: c.classes === null ? null : classes }),
})

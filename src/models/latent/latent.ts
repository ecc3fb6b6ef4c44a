/** The latent-space model as a value of the table. */

import * as E from 'fp-ts/lib/Either.js'
import { matricesOf } from '../../diffit/matrices.ts'
import { model } from '../model.ts'
import { latentDefaults, latentFields } from './latentConfig.ts'
import { latentModel } from './latentModel.ts'
import { latentPresets, latentRecipes } from './latentPresets.ts'

/** DiffiT in latent space (arXiv 2312.02139): blocks with global attention over patches of a latent. */
export const latent = model({
  objective: 'denoising',
  space: 'latents',
  fields: latentFields,
  defaults: latentDefaults,
  presets: latentPresets,
  recipes: E.right(latentRecipes),
  network: latentModel,
  matrices: matricesOf,
  shape: ({ input_size: size, channels, classes }) => ({ size, channels, classes }),
  fit: (c, { channels, classes }) => ({ ...c, channels, classes }),
})

/** The KL autoencoder as a value of the table. */
import * as E from 'fp-ts/lib/Either.js'
import { model } from '../model.ts'
import { klDefaults, klFields } from './klConfig.ts'
import { klModel } from './klModel.ts'
import { klPresets, klRecipes } from './klPresets.ts'

/** The KL autoencoder of latent diffusion and Stable Diffusion (Rombach et al. 2022): images to small latents and back. */
export const kl = model({
  objective: 'reconstruction',
  fields: klFields,
  defaults: klDefaults,
  presets: klPresets,
  recipes: E.right(klRecipes),
  network: klModel,
  // the first and the last layers of each half are none
  matrices: ({ name }) =>
    /(resnets|attentions|samplers)\..*(conv|conv1|conv2|conv_shortcut|to_\w+(\.0)?)\.weight$/.test(name) ? 1 : 0,
  shape: ({ image_size: size, channels }) => ({ size, channels, classes: null }),
  fit: (c, { channels }) => ({ ...c, channels }),
})

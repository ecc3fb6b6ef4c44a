/** The classifier as a value of the table. */
import * as E from 'fp-ts/lib/Either.js'
import { model } from '../model.ts'
import { classifierDefaults, classifierFields } from './classifierConfig.ts'
import { classifierModel } from './classifierModel.ts'
import { classifierPresets, classifierRecipes } from './classifierPresets.ts'

/** A small convolutional classifier, whose features give a relative distance between sets of pictures. */
export const classifier = model({
  objective: 'classification',
  fields: classifierFields,
  defaults: classifierDefaults,
  presets: classifierPresets,
  recipes: E.right(classifierRecipes),
  network: classifierModel,
  // the first and the last layer are none
  matrices: ({ name }) => (/^body\.[1-9]\d*\.conv\.weight$|^fc\.weight$/.test(name) ? 1 : 0),
  shape: ({ image_size: size, channels, classes }) => ({ size, channels, classes }),
  fit: (c, { channels, classes }) => ({ ...c, channels, classes }),
})

/** Options of `data encode`. */
import { positiveInteger, text } from '../../../codec/codecs.ts'
import { kinds, usageOf } from '../../../data/kinds.ts'
import { option } from '../option.ts'

const pictured = kinds.filter(({ holds }) => holds !== 'latents').map(usageOf)

export const encodeCalls = {
  pictures: option(text('the name of a data set'), {
    help: `the pictures: ${pictured.join(', ')}, as for train (default: emoji)`,
    flag: '--data <what>',
    of: ['encode'],
    mayChange: true,
  }),
  encoder: option(text('a run or a file of an autoencoder'), {
    help: 'what encodes: the folder of a run of an autoencoder, or its .safetensors file (default: the kl-tiny that the package has)',
    flag: '--autoencoder <path>',
    of: ['encode'],
    mayChange: true,
  }),
  latentsFolder: option(text('a folder'), {
    help: 'the folder of the latents (default: where training looks for them, next to the decoded images)',
    flag: '--out <dir>',
    of: ['encode'],
    mayChange: true,
  }),
  pictureSize: option(positiveInteger, {
    help: "height and width of the pictures, in pixels (default: the autoencoder's)",
    flag: '--size <n>',
    of: ['encode'],
    mayChange: true,
  }),
}

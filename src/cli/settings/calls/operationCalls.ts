/** Options of the operations on images, the subcommands of `sample`. */
import { integer, positiveInteger, share, text } from '../../../codec/codecs.ts'
import { imageOperations, option } from '../option.ts'
import { animationName, atLeastTwo, pictureName } from './words.ts'

export const operationCalls = {
  image: option(text('a picture'), {
    help: "the picture to start from (required); another size is cut to a square and resized to the model's",
    flag: '--image <file>',
    of: ['img2img', 'inpaint'],
    required: true,
    mayChange: true,
  }),
  strength: option(share, {
    help: 'the share of the steps that are taken, the last ones: 0 returns the picture, 1 leaves next to nothing of it',
    flag: '--strength <s>',
    of: ['img2img'],
    default: 0.6,
    mayChange: true,
  }),
  mask: option(text('a picture'), {
    help: 'the mask (required), of the size of --image: white is painted, black is kept; grey is white from the middle up',
    flag: '--mask <file>',
    of: ['inpaint'],
    required: true,
    mayChange: true,
  }),
  resample: option(positiveInteger, {
    help: 'how often each stretch of steps is gone through, noised back in between; more fits better, and takes longer',
    flag: '--resample <r>',
    of: ['inpaint'],
    default: 4,
    mayChange: true,
  }),
  jump: option(positiveInteger, {
    help: 'the steps of a stretch',
    flag: '--jump <j>',
    of: ['inpaint'],
    default: 1,
    mayChange: true,
  }),
  fromSeed: option(integer, {
    help: 'the seed of the first image (with --to-seed)',
    flag: '--from-seed <n>',
    of: ['interpolate'],
    mayChange: true,
  }),
  toSeed: option(integer, {
    help: 'the seed of the last image',
    flag: '--to-seed <n>',
    of: ['interpolate'],
    mayChange: true,
  }),
  classOrTwo: option(text('the name of a class, two of them, or all'), {
    help: 'two classes, A,B: from one to the other; between two seeds one class by name, or all',
    flag: '--class <name>',
    of: ['interpolate'],
    default: 'all',
    mayChange: true,
  }),
  fromEndToEnd: option(atLeastTwo, {
    help: 'images from one end to the other, both included',
    flag: '--count <n>',
    of: ['interpolate'],
    default: 8,
    mayChange: true,
  }),
  classes: option(text('names of classes, or all'), {
    help: 'classes by name, A,B, or all',
    flag: '--class <name>',
    of: ['filmstrip'],
    default: 'all',
    mayChange: true,
  }),
  rows: option(positiveInteger, {
    help: 'images per class',
    flag: '--count <n>',
    of: ['filmstrip'],
    default: 1,
    mayChange: true,
  }),
  frames: option(atLeastTwo, {
    help: 'frames of the strip, evenly from noise to image; all steps are in the animation',
    flag: '--frames <n>',
    of: ['filmstrip'],
    default: 8,
    mayChange: true,
  }),
  animation: option(animationName, {
    help: 'the animation, .webp or .gif (default: beside the PNG file, as .webp)',
    flag: '--animation <file>',
    of: ['filmstrip'],
    mayChange: true,
  }),
  operationPicture: option(pictureName, {
    help: "the PNG file (default: samples/<operation>-seed-N.png in the run's folder)",
    flag: '--out <file>',
    of: imageOperations,
    mayChange: true,
  }),
}

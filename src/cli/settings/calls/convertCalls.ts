/** Options of `convert`. */
import { named, oneOf, positive, positiveInteger, text } from '../../../codec/codecs.ts'
import { layouts, runLayout } from '../../../interchange/layouts.ts'
import { option } from '../option.ts'

/** Layouts of files that are written, by name; a run's checkpoints are only read. */
const formats: readonly string[] = [
  ...layouts.map(({ name }) => name).filter((name) => name !== runLayout.name),
  'onnx',
]
/** Types of numbers as users write them. */
export const dtypesByName = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const
const isDtypeName = (u: string): u is keyof typeof dtypesByName => Object.hasOwn(dtypesByName, u)
const dtypeNames = Object.keys(dtypesByName).filter(isDtypeName)

const factorOrMeasured = named(
  'measured, or a factor above 0',
  (u): u is number | 'measured' => u === 'measured' || positive.is(u),
)

export const convertCalls = {
  format: option(oneOf(formats), {
    help: "how the file names its tensors, or onnx (default: onnx for a .onnx file, else parameters, the model's own names)",
    flag: '--format <name>',
    of: ['convert'],
    mayChange: true,
  }),
  dtype: option(oneOf(dtypeNames), {
    help: 'the type of its numbers; f16 and bf16 round to the nearest (default: as they are)',
    flag: '--dtype <type>',
    of: ['convert'],
    mayChange: true,
  }),
  weights: option(oneOf(['average', 'theta']), {
    help: 'the average of the parameters, which samples are made with, or the last parameters themselves',
    flag: '--weights <which>',
    of: ['convert'],
    default: 'average',
    mayChange: true,
  }),
  latentScale: option(factorOrMeasured, {
    help: "the scale of an autoencoder's latents, into the file: measured (mean and deviation of each channel, over the pictures of its run), or one factor, such as Stable Diffusion's 0.18215 (default: what the file says)",
    flag: '--latent-scale <scale>',
    of: ['convert'],
    mayChange: true,
  }),
  configuration: option(text('the name of a preset'), {
    help: 'the model of a file that does not say its configuration',
    flag: '--preset <name>',
    of: ['convert'],
    mayChange: true,
  }),
  onnxPart: option(text('the name of a part'), {
    help: 'the part of a network that becomes ONNX, of an autoencoder encode or decode (default: the whole network)',
    flag: '--part <name>',
    of: ['convert'],
    mayChange: true,
  }),
  onnxBatch: option(positiveInteger, {
    help: 'images at a time of an ONNX file, whose shapes are fixed',
    flag: '--batch <n>',
    of: ['convert'],
    default: 1,
    mayChange: true,
  }),
}

/** Options of a single command that are not stored in files. */
import { integer, named, oneOf, positive, positiveInteger, text, yesOrNo } from '../../codec/codecs.ts'
import { layouts, runLayout } from '../../interchange/layouts.ts'
import { imageOperations, option } from './option.ts'

/** The extension protects a run's other files from being overwritten by mistake. */
const pictureName = named(
  'a file that ends in .png',
  (u): u is string => typeof u === 'string' && /[^/\\]\.png$/i.test(u),
)

/** Numbers as text, `0.2,0.16`. */
const numbersIn = (text: string): readonly number[] =>
  text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))

/** A list of numbers in one word, separated by commas; a flag's text stays text. */
const list = (name: string, holds: (n: number) => boolean) =>
  named(name, (u): u is string => typeof u === 'string' && numbersIn(u).every(holds))

/** The numbers of such a list, each once, in its order. */
export const listed = (text: string): readonly number[] => [...new Set(numbersIn(text).map((n) => (n === 0 ? 0 : n)))]

/** `0.2,5` */
const intervalName = named('two noise levels separated by a comma, 0.2,5, the lower first', (u): u is string => {
  if (typeof u !== 'string') return false
  const [low = Number.NaN, high = Number.NaN, ...more] = numbersIn(u)
  return more.length === 0 && low >= 0 && low < high && Number.isFinite(high)
})

/** The settings that `--guidance-interval` gives, nested as in config.yaml. */
export const intervalSaid = ({ guidanceInterval }: { readonly guidanceInterval?: string }): unknown => {
  if (guidanceInterval === undefined) return {}
  const [guidance_low, guidance_high] = numbersIn(guidanceInterval)
  return { sampling: { guidance_low, guidance_high } }
}
const animationName = named(
  'a file that ends in .webp or .gif',
  (u): u is string => typeof u === 'string' && /[^/\\]\.(?:webp|gif)$/i.test(u),
)

const atLeastTwo = named('a whole number of at least 2', (u): u is number => positiveInteger.is(u) && u >= 2)
const share = named('a number from 0 to 1', (u): u is number => typeof u === 'number' && u >= 0 && u <= 1)

const arraysName = named(
  'a file that ends in .npz',
  (u): u is string => typeof u === 'string' && /[^/\\]\.npz$/i.test(u),
)

/** Layouts of files that are written, by name; a run's checkpoints are only read. */
const formats: readonly string[] = [
  ...layouts.map(({ name }) => name).filter((name) => name !== runLayout.name),
  'onnx',
]
/** Types of numbers as users write them. */
export const dtypesByName = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const
const isDtypeName = (u: string): u is keyof typeof dtypesByName => Object.hasOwn(dtypesByName, u)
const dtypeNames = Object.keys(dtypesByName).filter(isDtypeName)

export const calls = {
  config: option(text('a settings file in YAML'), {
    help: 'settings in YAML; what it omits comes from the preset',
    flag: '--config <file>',
    of: ['train'],
    mayChange: false,
  }),
  out: option(text('a folder'), {
    help: "the run's folder (default: runs/<date-time>)",
    flag: '--out <dir>',
    of: ['train'],
    mayChange: false,
  }),
  resume: option(text('the folder of a run'), {
    help: 'resume a run from its newest checkpoint',
    flag: '--resume <dir>',
    of: ['train'],
    mayChange: true,
  }),
  dryRun: option(yesOrNo, {
    help: 'print parameters, FLOPs, memory and the plan, and stop',
    flag: '--dry-run',
    of: ['train'],
    mayChange: true,
  }),
  profile: option(yesOrNo, {
    help: 'at the end, print the time of the training steps by kernel',
    flag: '--profile',
    of: ['train'],
    mayChange: true,
  }),
  trace: option(yesOrNo, {
    help: 'with --backend cpu: print every kernel of one step on one image, up to the first NaN',
    flag: '--trace',
    of: ['train'],
    mayChange: true,
  }),
  run: option(text('the folder of a run'), {
    help: 'the folder of a run (required)',
    flag: '--run <dir>',
    of: ['sample', 'evaluate', 'samplers'],
    required: true,
    mayChange: true,
  }),
  class: option(text('the name of a class, or all'), {
    help: 'one class by name, or all',
    flag: '--class <name>',
    of: ['sample'],
    default: 'all',
    mayChange: true,
  }),
  count: option(positiveInteger, {
    help: 'images per class',
    flag: '--count <n>',
    of: ['sample'],
    default: 8,
    mayChange: true,
  }),
  every: option(positiveInteger, {
    help: 'every n-th image of a class: 0, n, 2 n and so on; a fair view of more images than fit',
    flag: '--every <n>',
    of: ['sample'],
    default: 1,
    mayChange: true,
  }),
  sampleSeed: option(integer, {
    help: "image i of a class depends only on the seed, not on the count (default: the run's)",
    flag: '--seed <n>',
    of: ['sample', 'evaluate', 'samplers'],
    mayChange: true,
  }),
  guidanceInterval: option(intervalName, {
    help: 'with --guidance-schedule interval: the noise levels (sigma) between which there is guidance, 0.2,5',
    flag: '--guidance-interval <low,high>',
    of: ['sample', 'evaluate'],
    objectives: ['denoising'],
    mayChange: true,
  }),
  picture: option(pictureName, {
    help: "the PNG file (default: samples/seed-N.png in the run's folder)",
    flag: '--out <file>',
    of: ['sample'],
    mayChange: true,
  }),
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
  images: option(positiveInteger, {
    help: 'images that each setting is trained on, rounded up to whole steps (this, --gflop or --minutes is required)',
    flag: '--images <n>',
    of: ['compare'],
    mayChange: false,
  }),
  gflop: option(positive, {
    help: "GFLOP of each setting's training, as the plan counts them: as many whole steps as they allow",
    flag: '--gflop <g>',
    of: ['compare'],
    mayChange: false,
  }),
  minutesEach: option(positive, {
    help: "minutes of each setting's run, as those of train",
    flag: '--minutes <m>',
    of: ['compare'],
    mayChange: false,
  }),
  seeds: option(
    list('whole numbers separated by commas', (n) => integer.is(n)),
    {
      help: 'one or more seeds, 0,1: each setting is trained once with each',
      flag: '--seed <n>',
      of: ['compare'],
      default: '0',
      mayChange: false,
    },
  ),
  comparison: option(text('a folder'), {
    help: 'the folder of the comparison; given again, it goes on there',
    flag: '--out <dir>',
    of: ['compare'],
    default: 'runs/compare',
    mayChange: true,
  }),
  levels: option(
    list('positive numbers separated by commas', (n) => positive.is(n)),
    {
      help: 'validation losses, 0.20,0.16: the table says when each setting first stays at or below them',
      flag: '--loss <values>',
      of: ['compare'],
      mayChange: true,
    },
  ),
  samples: option(positiveInteger, {
    help: 'samples in all, of the classes as the data has them; FID takes 50000',
    flag: '--count <n>',
    of: ['evaluate', 'compare'],
    default: 1008,
    mayChange: true,
  }),
  network: option(text('a folder of a classifier, or a .safetensors file'), {
    help: "the network that judges: the run of a classifier, or Inception's weights (default: the classifier of the run's data)",
    flag: '--network <path>',
    of: ['evaluate', 'compare', 'samplers'],
    mayChange: true,
  }),
  reference: option(arraysName, {
    help: "the statistics to compare with, by the same network (default: those of the run's training pictures)",
    flag: '--reference <file>',
    of: ['evaluate'],
    mayChange: true,
  }),
  writeReference: option(arraysName, {
    help: "write the statistics of the run's training pictures there",
    flag: '--write-reference <file>',
    of: ['evaluate'],
    mayChange: true,
  }),
  precisionCount: option(positiveInteger, {
    help: 'samples, and real pictures, for precision and recall, which compare all with all',
    flag: '--precision-count <n>',
    of: ['evaluate'],
    default: 10000,
    mayChange: true,
  }),
  splits: option(positiveInteger, {
    help: 'parts of the samples over which the Inception score is averaged',
    flag: '--splits <n>',
    of: ['evaluate'],
    default: 10,
    mayChange: true,
  }),
  evaluation: option(text('a folder'), {
    help: "the folder of the results (default: evaluation in the run's folder)",
    flag: '--out <dir>',
    of: ['evaluate'],
    mayChange: true,
  }),
  stepCounts: option(
    list('positive whole numbers separated by commas', (n) => positiveInteger.is(n)),
    {
      help: 'numbers of steps that are compared',
      flag: '--steps <values>',
      of: ['samplers'],
      default: '5,10,20,50,250',
      mayChange: true,
    },
  ),
  judgedCount: option(positiveInteger, {
    help: "samples of each sampler and number of steps whose distance to real pictures is measured, where there is a network that judges: half of the command's time",
    flag: '--count <n>',
    of: ['samplers'],
    default: 126,
    mayChange: true,
  }),
  solvedCount: option(positiveInteger, {
    help: 'images of each class whose distance to the solution is measured',
    flag: '--per-class <n>',
    of: ['samplers'],
    default: 2,
    mayChange: true,
  }),
  referenceSteps: option(positiveInteger, {
    help: "steps of Heun's method in the solution",
    flag: '--reference-steps <n>',
    of: ['samplers'],
    default: 1000,
    mayChange: true,
  }),
  samplersFolder: option(text('a folder'), {
    help: "the folder of the results (default: samplers in the run's folder); given again, it goes on there",
    flag: '--out <dir>',
    of: ['samplers'],
    mayChange: true,
  }),
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
  json: option(yesOrNo, { help: 'print one JSON object', flag: '--json', of: ['doctor'], mayChange: true }),
}

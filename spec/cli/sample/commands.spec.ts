/** The subcommands of `sample` as they are typed. */
import { join } from 'node:path'
import { Command } from 'commander'
import t from 'tap'
import { imageOperationCommands, misspelt } from '../../../src/cli/sample/commands.ts'
import { decodeOptions, flagsOf } from '../../../src/cli/settings/flags.ts'
import { imageOperations } from '../../../src/cli/settings/option.ts'
import { start, startIn } from '../processes.ts'

const bare = (flags: readonly string[]): readonly string[] => flags.map((flag) => flag.replace(/ .*/, ''))

t.test('every operation has all options of sample, each once, and its own', async (t) => {
  const own = {
    img2img: ['--image', '--strength'],
    inpaint: ['--image', '--mask', '--resample', '--jump'],
    interpolate: ['--from-seed', '--to-seed'],
    filmstrip: ['--frames', '--animation'],
  }
  for (const operation of imageOperations)
    t.same([...bare(flagsOf(operation))].sort(), [...bare(flagsOf('sample')), ...own[operation]].sort(), operation)
})

t.test('options are decoded by what they are', async (t) => {
  t.same(decodeOptions('img2img', { run: 'r', image: '7', strength: '0.5', steps: '4' }), {
    _tag: 'Right',
    right: { run: 'r', image: '7', strength: 0.5, steps: 4 },
  })
  for (const [operation, said, left] of [
    ['img2img', { image: 'a' }, '--run is missing: expected the folder of a run'],
    ['img2img', { run: 'r' }, '--image is missing: expected a picture'],
    ['img2img', { run: 'r', image: 'a', strength: '60' }, '--strength is 60: expected a number from 0 to 1'],
    ['inpaint', { run: 'r', image: 'a' }, '--mask is missing: expected a picture'],
    ['inpaint', { run: 'r', image: 'a', mask: 'm', jump: '0' }, '--jump is 0: expected a whole number of at least 1'],
    ['interpolate', { run: 'r', count: '1' }, '--count is 1: expected a whole number of at least 2'],
    ['filmstrip', { run: 'r', frames: '1' }, '--frames is 1: expected a whole number of at least 2'],
    [
      'filmstrip',
      { run: 'r', animation: 'a.png' },
      '--animation is "a.png": expected a file that ends in .webp or .gif',
    ],
  ] as const)
    t.same(decodeOptions(operation, said), { _tag: 'Left', left })
})

t.test('--help says what white is in a mask, and where pictures go', async (t) => {
  const sampling = new Command('sample')
  imageOperationCommands(sampling)
  t.same(
    sampling.commands.map((one) => one.name()),
    imageOperations,
  )
  const helps = sampling.commands.map((one) => one.helpInformation().replaceAll(/\s+/g, ' '))
  for (const help of helps) t.match(help, '--out <file> the PNG file (default: samples/')
  const help = helps.join()
  t.match(help, 'the mask (required), of the size of --image: white is painted, black is kept')
})

t.test('the command line: an error and its exit code; options may stand before the operation', async (t) => {
  const none = join(t.testdir(), 'none')
  const { code, err } = await start('sample', '--run', none, 'filmstrip', '--frames', '3').ended
  t.equal(code, 1)
  t.equal(err, `error: ${none} is not a run: it has no config.yaml\n`)
})

t.test('options that npm kept are named with the operation', async (t) => {
  const env = { npm_lifecycle_event: 'sample', npm_config_image: 'true' }
  const { code, err } = await startIn(env, 'sample', 'img2img', 'a.png').ended
  t.equal(code, 1)
  t.equal(err, 'error: npm kept --image for itself: give options after --: npm run sample -- img2img --image <file>\n')
})

t.test('a word that is nearly an operation is answered with it', async (t) => {
  t.equal(misspelt(['img2im', '--run', 'r']), 'sample has no operation "img2im": did you mean "img2img"?')
  for (const words of [[], ['--run', 'r'], ['inpaint'], ['runs/a']]) t.equal(misspelt(words), null)
  const { code, err } = await start('sample', 'film-strip', '--run', 'r').ended
  t.equal(code, 1)
  t.equal(err, 'error: sample has no operation "film-strip": did you mean "filmstrip"?\n')
})

/**
 * Draws an animation from the newest checkpoint of a run, with the flags of `sample`, one row for each class:
 * `npx node docs/images/drawDenoising.ts docs/images/denoising.webp Flags Symbols --run DIR --count 6 --steps 40`.
 */
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { mustBe, report } from '../../src/cli/errors.ts'
import { addFlags, decodeOptions } from '../../src/cli/settings/flags.ts'
import { denoising } from './denoising.ts'

await addFlags(new Command('drawDenoising'), 'sample')
  .argument('<file>', 'the WebP file')
  .argument('[class...]', 'names of classes, one row each (default: all)')
  .action(async (file: string, names: readonly string[], said: unknown) => {
    try {
      await writeFile(file, await denoising(names, mustBe(decodeOptions('sample', said))))
    } catch (error) {
      console.error(report(error).text)
      process.exitCode = 1
    }
  })
  .parseAsync()

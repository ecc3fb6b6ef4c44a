/**
 * Draws EDM's augmentation of one emoji: `npx node docs/images/drawAugmentation.ts docs/images/augmentation.webp 32 740`,
 * with its size in pixels and its place among the emoji.
 */
import { writeFile } from 'node:fs/promises'
import { must, report } from '../../src/cli/errors.ts'
import { augmentation } from './augmentation.ts'

const [file, size, index] = process.argv.slice(2)
try {
  if (file === undefined) throw new RangeError('expected: drawAugmentation.ts FILE SIZE INDEX')
  await writeFile(file, await must(augmentation(Number(size), Number(index))))
} catch (error) {
  console.error(report(error).text)
  process.exitCode = 1
}

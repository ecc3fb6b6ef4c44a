/** The inputs of a batch, the same for the same seed in every process. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import type { Files, Format } from './format.ts'

export const inputsOf = ({ inputs }: Format, seed: number, count: number): readonly Files[] =>
  fc.sample(inputs, { seed, numRuns: count })

/** The folder holds these files and nothing else. */
export const put = async (folder: string, files: Files): Promise<void> => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

export const sizeOf = (files: Files): number => Object.values(files).reduce((sum, { length }) => sum + length, 0)

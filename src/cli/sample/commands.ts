/** The subcommands of `sample`: operations on images. */
import type { Command } from 'commander'
import { nearest } from '../../codec/nearest.ts'
import { mustBe } from '../errors.ts'
import { type SamplingProgress, samplingProgress } from '../samplingProgress.ts'
import { addFlags, decodeOptions } from '../settings/flags.ts'
import { type ImageOperation, imageOperations } from '../settings/option.ts'
import type { OptionsOf } from '../settings/options.ts'
import { filmstrip } from './filmstrip.ts'
import { img2img } from './img2img.ts'
import { inpaint } from './inpaint.ts'
import { interpolate } from './interpolate.ts'
import type { Say } from './runToSample.ts'

type Operation<C extends ImageOperation> = (o: OptionsOf<C>, say: Say, progress: SamplingProgress) => Promise<unknown>

const add = <C extends ImageOperation>(sampling: Command, name: C, help: string, operation: Operation<C>): void => {
  addFlags(sampling.command(name), name)
    .description(help)
    .action(async (said: object) => {
      // options may stand before the operation too
      const all = { ...sampling.opts(), ...said }
      await operation(mustBe(decodeOptions(name, all)), console.log, samplingProgress())
    })
}

/** The sentence about a first word that is nearly an operation; null if it is one, or none. */
export const misspelt = ([word]: readonly string[]): string | null => {
  const near = word === undefined || word.startsWith('-') ? null : nearest(word, imageOperations)
  return near === null || near === word ? null : `sample has no operation "${word}": did you mean "${near}"?`
}

/** Adds them to the command. */
export const imageOperationCommands = (sampling: Command): void => {
  sampling.enablePositionalOptions()
  add(sampling, 'img2img', 'make images from a picture: noise it, and sample from there (SDEdit)', img2img)
  add(sampling, 'inpaint', 'paint the part of a picture that a mask shows (RePaint)', inpaint)
  add(sampling, 'interpolate', 'make images between two seeds, or between two classes', interpolate)
  add(sampling, 'filmstrip', 'show how images come out of noise, in a strip and in an animation', filmstrip)
}

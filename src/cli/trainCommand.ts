/** The command that trains a preset on images of a size, as the reader of a message types it. */
import type { ModelConfig } from '../models/model.ts'
import { invocation } from './invocation.ts'
import { modelOf } from './model.ts'
import type { Catalogue } from './settings/options.ts'

/** The field of a model's configuration that is the height and width of its images. */
const sizeField = (config: ModelConfig): string | undefined =>
  ['image_size', 'input_size'].find((field) => field in config)

/**
 * Of a preset by name. Its size is a setting of files only: where it is another than asked for, the command names a file, and its
 * content follows.
 * @param args other flags
 */
export const trainCommand = (name: string, size: number, args: string, known: Catalogue): string => {
  const config = known.presets.get(name)?.config
  const command = invocation('train', `--preset ${name}${args === '' ? '' : ` ${args}`}`)
  if (config === undefined || modelOf({ model: config }, known).shape.size === size) return command
  return `${command} --config FILE, where FILE says "model: {${sizeField(config)}: ${size}}"`
}

/** The table of what is fuzzed. */
import { cifar, idxGzip, idxPlain } from './datasets.ts'
import type { Format } from './format.ts'
import { jpeg, png } from './pictures.ts'
import { safetensors } from './safetensors.ts'
import { settings } from './settings.ts'

export const formats: readonly Format[] = [safetensors, idxPlain, idxGzip, cifar, settings, png, jpeg]

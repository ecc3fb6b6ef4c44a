/** Options of a single command that are not stored in files: those of each command are in the folder beside. */

import { yesOrNo } from '../../codec/codecs.ts'
import { compareCalls } from './calls/compareCalls.ts'
import { convertCalls } from './calls/convertCalls.ts'
import { encodeCalls } from './calls/encodeCalls.ts'
import { evaluateCalls } from './calls/evaluateCalls.ts'
import { operationCalls } from './calls/operationCalls.ts'
import { sampleCalls } from './calls/sampleCalls.ts'
import { samplersCalls } from './calls/samplersCalls.ts'
import { trainCalls } from './calls/trainCalls.ts'
import { option } from './option.ts'

export const calls = {
  ...trainCalls,
  ...sampleCalls,
  ...operationCalls,
  ...compareCalls,
  ...evaluateCalls,
  ...samplersCalls,
  ...convertCalls,
  ...encodeCalls,
  json: option(yesOrNo, { help: 'print one JSON object', flag: '--json', of: ['doctor'], mayChange: true }),
}

/** The allowed results of a reader: the right content, or one sentence that names the file. */
import type { Outcome } from './format.ts'

const longest = 2000

/** What is wrong with a sentence, or null. */
export const sentenceFault = (sentence: string, folder: string): string | null =>
  sentence === ''
    ? 'an empty sentence'
    : /[\n\r]/.test(sentence)
      ? `more than one line: ${JSON.stringify(sentence.slice(0, 300))}`
      : /\n? {4}at .*:\d+/.test(sentence)
        ? `a stack trace: ${sentence.slice(0, 300)}`
        : sentence.length > longest
          ? `a sentence of ${sentence.length} characters: ${sentence.slice(0, 300)}`
          : sentence.includes(folder)
            ? null
            : `no file is named: ${sentence.slice(0, 300)}`

/** What is wrong with an outcome, or null. */
export const outcomeFault = (outcome: Outcome, folder: string): string | null =>
  outcome.kind === 'accepted'
    ? null
    : outcome.kind === 'wrong'
      ? `accepted, but wrong: ${outcome.what}`
      : sentenceFault(outcome.sentence, folder)

/** A format under fuzzing: it mutates valid inputs and reads them as the commands do. */
import type fc from 'fast-check'

/** Contents by path in a folder of their own. */
export type Files = Readonly<Record<string, Uint8Array>>

export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly sentence: string }
  /** Accepted, but not as the files' contents. */
  | { readonly kind: 'wrong'; readonly what: string }

export interface Format {
  readonly name: string
  /** Valid inputs; the first of them warms the reader up. */
  readonly valid: readonly Files[]
  readonly inputs: fc.Arbitrary<Files>
  /** Reads the files in the folder, and compares the result with their contents. */
  readonly read: (folder: string, files: Files) => Promise<Outcome>
}

export const accepted: Outcome = { kind: 'accepted' }
export const refused = (sentence: string): Outcome => ({ kind: 'refused', sentence })
export const wrong = (what: string): Outcome => ({ kind: 'wrong', what })

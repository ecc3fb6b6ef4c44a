/** What the campaign fuzzes: a format makes inputs of valid ones and reads them as the commands do. */
import type fc from 'fast-check'

/** Contents by path in a folder of their own. */
export type Files = Readonly<Record<string, Uint8Array>>

export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly sentence: string }
  /** Accepted, but not as what the files hold. */
  | { readonly kind: 'wrong'; readonly what: string }

export interface Format {
  readonly name: string
  /** What is right as it is; the first of them warms the reader up. */
  readonly valid: readonly Files[]
  readonly inputs: fc.Arbitrary<Files>
  /** Reads the files, which lie in the folder, and compares what came out with what they hold. */
  readonly read: (folder: string, files: Files) => Promise<Outcome>
}

export const accepted: Outcome = { kind: 'accepted' }
export const refused = (sentence: string): Outcome => ({ kind: 'refused', sentence })
export const wrong = (what: string): Outcome => ({ kind: 'wrong', what })

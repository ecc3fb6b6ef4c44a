/** The judge that options name; null where they name none. */
import { fail } from '../errors.ts'
import type { CompareOptions } from '../options.ts'
import type { Judge } from './judged.ts'

export type Judging = (o: CompareOptions) => Promise<Judge | null>

export const judgeOf: Judging = async ({ network }) =>
  network === undefined ? null : fail(`--network ${network}: this version judges no samples`)

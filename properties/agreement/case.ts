/** One thing that a backend does as `cpu` does it. */
import type { Backend } from '../../src/plan/backend.ts'

export interface Case {
  readonly name: string
  /** Rejects with an Error that says what disagreed. */
  readonly run: (backend: Backend) => Promise<void>
}

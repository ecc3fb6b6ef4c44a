/** The agreement suite as tests of one backend. */
import t from 'tap'
import type { Backend } from '../../src/plan/backend.ts'
import { cases } from './cases.ts'

export const suite = (name: string, backend: Backend, options: { readonly skip?: string | false } = {}): void => {
  for (const c of cases) t.test(`${name} agrees with cpu: ${c.name}`, options, () => c.run(backend))
}

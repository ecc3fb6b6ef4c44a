/** Ties and kinks on the backend that defines meaning; the others keep to them by the agreement suite. */
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { tieCases } from './agreement/ties.ts'

for (const c of tieCases) t.test(`cpu: ${c.name}`, () => c.run(cpu))

/** The group `laws`. */
import { runGroup } from './groups.ts'

await runGroup('laws')

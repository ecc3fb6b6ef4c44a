/** The group `runs`. */
import { runGroup } from './groups.ts'

await runGroup('runs')

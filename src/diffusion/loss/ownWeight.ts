/** The process's own weight: EDM's makes every level count equally at the start. */
import type { Weighting } from './weighting.ts'

/** The weight that the process has itself. */
export const ownWeight: Weighting = {
  name: 'process',
  help: "the process's own",
  factor: ({ process }) => process.weight,
}

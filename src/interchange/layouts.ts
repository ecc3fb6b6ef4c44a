/** The table of layouts. */
import { diffitLayout, ditLayout } from './diffitLayout.ts'
import { diffusersLayout, ldmLayout } from './klLayouts.ts'
import { type Layout, ownTensors } from './layout.ts'

/** Checkpoints of our runs: parameters, their average, and the optimiser's state, which is let be. */
export const runLayout: Layout = {
  name: 'run',
  about: 'checkpoints of our runs: parameters as param.*, their average as ema.*',
  recognises: (names) => names.some((name) => name.startsWith('param.')),
  // an optimiser that averages by itself keeps the average in its own state
  prefixes: (weights) => (weights === 'average' ? ['ema.', 'scheduleFree.x.'] : ['param.']),
  tensors: ownTensors,
}

/** The parameters of any model by our names, which are PyTorch's of the reference. */
export const parametersLayout: Layout = {
  name: 'parameters',
  about: 'the parameters of any model by our own names',
  recognises: () => true,
  prefixes: () => [''],
  tensors: ownTensors,
}

/** A file is of the first layout that recognises it. */
export const layouts: readonly Layout[] = [
  runLayout,
  ditLayout,
  ldmLayout,
  diffusersLayout,
  diffitLayout,
  parametersLayout,
]

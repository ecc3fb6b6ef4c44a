/** Where the residual branches of a DiffiT begin, for initial values that make a block nearly the identity. */
import type { Leaf } from '../nn/spec.ts'

/**
 * Whether a parameter is the 3 x 3 convolution of a ResBlock. Projections of attention and the last layer of an MLP start at
 * zero, so at first a block adds to its input the answer of its convolution alone, which is proportional to these weights.
 */
export const beginsBranch = ({ name }: Pick<Leaf, 'name'>): boolean => /blocks\.\d+\.conv\.weight$/.test(name)

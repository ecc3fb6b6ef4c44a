/**
 * The matrices inside of a DiffiT, for optimisers that treat them as such (Muon): projections of attention, layers of MLPs
 * and convolutions, not the first and last layer, embeddings or tables of biases.
 */
import type { Leaf } from '../nn/spec.ts'

/** Names, and how many matrices lie side by side: queries, keys and values are three. */
const inner: readonly (readonly [name: RegExp, matrices: number])[] = [
  [/attn\.(qkv|qkv_temb)\.weight$/, 3],
  [/attn\.proj\.weight$/, 1],
  [/blocks\.\d+\.(block\.)?mlp\.fc[12]\.weight$/, 1],
  [/blocks\.\d+\.(conv|skip)\.weight$/, 1],
  [/(downsample|upsample)\.weight$/, 1],
]

/** How many matrices stand side by side in a parameter inside of a DiffiT; 0 for any other parameter. */
export const matricesOf = ({ name }: Pick<Leaf, 'name'>): number => inner.find(([known]) => known.test(name))?.[1] ?? 0

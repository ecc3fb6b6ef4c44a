/**
 * The matrices inside of a DiffiT, for optimisers that treat them as such (Muon): projections of attention, layers of MLPs
 * and convolutions, not the first and last layer, embeddings or tables of biases.
 */
import type { Leaf } from '../nn/spec.ts'

/** Ends of names, and how many matrices lie side by side: queries, keys and values are three. */
const inner: Readonly<Record<string, number>> = {
  'attn.qkv.weight': 3,
  'attn.qkv_temb.weight': 3,
  'attn.proj.weight': 1,
  'mlp.fc1.weight': 1,
  'mlp.fc2.weight': 1,
  '.conv.weight': 1,
  'downsample.weight': 1,
  'upsample.weight': 1,
  'skip.weight': 1,
}

/** 0 of a parameter that is none. */
export const matricesOf = ({ name }: Pick<Leaf, 'name'>): number =>
  Object.entries(inner).find(([end]) => name.endsWith(end))?.[1] ?? 0

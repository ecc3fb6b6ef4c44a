/**
 * The agreement suite: it accepts or rejects a backend. Every case runs on the backend and on `cpu`, and rejects with an
 * Error that names the disagreement. Nothing here depends on Node, so it runs in browsers too.
 */
import type { Case } from './case.ts'
import { graphs } from './graphs.ts'
import { layers } from './layers.ts'
import { machine } from './machine.ts'
import { primitiveCases } from './primitives.ts'
import { products } from './products.ts'
import { sumCases } from './sums.ts'
import { tieCases } from './ties.ts'
import { training } from './training.ts'

export const cases: readonly Case[] = [
  ...primitiveCases,
  ...tieCases,
  ...graphs,
  ...products,
  ...sumCases,
  ...layers,
  ...training,
  ...machine,
]

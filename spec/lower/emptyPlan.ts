import type { Plan } from '../../src/lower/plan.ts'

export const emptyPlan: Plan = {
  buffers: [],
  inputs: [],
  outputs: [],
  constants: [],
  ignored: [],
  state: [],
  lifetimes: [],
  regions: [],
}

import type { Plan } from '../../src/plan/plan.ts'

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

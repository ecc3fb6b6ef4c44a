/**
 * Next states: computed straight into the old state's buffer where everything else that reads the old state can run
 * before, otherwise copied there at the end.
 */

import type { Buffer } from '../plan/plan.ts'
import { at } from '../tensor/axes.ts'
import type { Draft } from './draft.ts'
import { copyNest } from './nest.ts'
import type { Task } from './task.ts'

const onto = (d: Draft, from: number, to: number): Draft => ({
  ...d,
  operands: d.operands.map((o) => (o.buffer === from ? { ...o, buffer: to } : o)),
})

/** Does a kernel read a buffer only at the element that it stores, so that it may store it there? */
const readsOnlyItsOwn = ({ body, operands, parallel }: Draft, buffer: number): boolean =>
  body.kind === 'nest' &&
  body.fold === null &&
  operands.every(
    (o, i) =>
      o.buffer !== buffer || (o.offset === operands[0]?.offset && parallel.every((l) => l.steps[i] === l.steps[0])),
  )

const writersOf = (tasks: readonly Task[], buffer: number): readonly number[] =>
  tasks.flatMap(({ draft }, i) => (draft.operands[0]?.buffer === buffer ? [i] : []))

const readersOf = (tasks: readonly Task[], buffer: number): readonly number[] =>
  tasks.flatMap(({ draft }, i) => (draft.operands.slice(1).some((o) => o.buffer === buffer) ? [i] : []))

/** Does some task of `later` stand after `first`, directly or not? */
const follows = (tasks: readonly Task[], first: number, later: readonly number[]): boolean => {
  const seen = new Set(later)
  for (const i of seen) {
    if (i === first) return true
    for (const j of at(tasks, i).after) seen.add(j)
  }
  return false
}

/** `next` and `old` are the buffers of the next state and of the old one. */
export const settle = (
  tasks: readonly Task[],
  next: number,
  old: number,
  buffers: readonly Buffer[],
): readonly Task[] => {
  const makers = writersOf(tasks, next)
  const [maker] = makers
  const others = readersOf(tasks, old).filter((i) => i !== maker)
  const draft = maker === undefined ? undefined : tasks[maker]?.draft
  if (
    maker !== undefined &&
    draft !== undefined &&
    makers.length === 1 &&
    readsOnlyItsOwn(draft, old) &&
    !follows(tasks, maker, others)
  )
    return tasks.map((task, i) => ({
      ...task,
      draft: onto(task.draft, next, old),
      after: i === maker ? [...task.after, ...others] : task.after,
    }))
  const view = { offset: 0, shape: [at(buffers, next).size], strides: [1] }
  const copy = copyNest(`${buffers[old]?.name}.copy`, { buffer: next, view }, { buffer: old, view })
  return [...tasks, { draft: copy, after: [...makers, ...readersOf(tasks, old)], role: 'last' }]
}

/**
 * Tasks in the order in which they run: each after those that it stands after, and otherwise level by level, so that what
 * a kernel has written is still in a cache when the next one reads it.
 */
import { at } from '../tensor/axes.ts'
import type { Task } from './task.ts'

/**
 * A level above all that a task stands after and that comes before it in the list, as all but readers of an old state do
 * (a next state waits for them, wherever they are). Next states stand a whole graph later, when little reads the old ones any
 * more; fills as late as possible, at the level of the first task that needs them.
 */
const levelsOf = (tasks: readonly Task[]): readonly number[] => {
  const levels: number[] = tasks.map(() => 0)
  const levelOf = (i: number): number => at(levels, i)
  tasks.forEach(({ role, after }, i) => {
    if (role === 'fill') return
    const level = 1 + after.reduce((n, j) => Math.max(n, levelOf(j)), 0)
    levels[i] = role === 'last' ? Number.POSITIVE_INFINITY : role === 'next state' ? level + tasks.length : level
  })
  tasks.forEach(({ after }, i) => {
    for (const j of after)
      if (tasks[j]?.role === 'fill') levels[j] = Math.min(levelOf(j) || Number.POSITIVE_INFINITY, levelOf(i))
  })
  return levels
}

/** Of one level fills come first, then what comes first in the list. */
export const inOrder = (tasks: readonly Task[]): readonly Task[] => {
  const levels = levelsOf(tasks)
  const levelOf = (i: number): number => at(levels, i)
  const behindFills = (i: number): number => (tasks[i]?.role === 'fill' ? 0 : 1)
  const sorted = tasks
    .map((_, i) => i)
    .toSorted((a, b) => levelOf(a) - levelOf(b) || behindFills(a) - behindFills(b) || a - b)
  const done = new Set<number>()
  const order: Task[] = []
  const run = (i: number, waiting: ReadonlySet<number>): void => {
    const task = tasks[i]
    if (task === undefined || done.has(i)) return
    if (waiting.has(i)) throw new Error(`schedule: ${task.draft.name} would have to run before itself`)
    const waits = new Set([...waiting, i])
    for (const j of task.after) run(j, waits)
    done.add(i)
    order.push(task)
  }
  for (const i of sorted) run(i, new Set())
  return order
}

/**
 * Tasks in execution order: each after its dependencies, and otherwise level by level, so that a kernel's result is still
 * in cache when the next one reads it.
 */
import { at } from '../tensor/axes.ts'
import { size } from '../tensor/shape.ts'
import type { Task } from './task.ts'

/** Numbers of a result that no cache holds until a later level: 4 MiB in float32. */
export const large = 2 ** 20

/** Numbers that a task stores. */
const stored = ({ draft: { parallel, body } }: Task): number =>
  size([...parallel, ...(body.kind === 'contract' ? body.n : [])].map((l) => l.size))

/**
 * A level above all that a task stands after and that comes before it in the list, as all but readers of an old state do
 * (a next state waits for them, wherever they are). Next states stand a whole graph later, when little reads the old ones any
 * more. As late as possible, at the level of the first task that needs them: fills, and large results of nothing but inputs, such
 * as weights in another layout, which would all lie in memory from the beginning.
 */
const levelsOf = (tasks: readonly Task[]): readonly number[] => {
  const levels: number[] = tasks.map(() => 0)
  const levelOf = (i: number): number => at(levels, i)
  tasks.forEach(({ role, after }, i) => {
    if (role === 'fill') return
    const level = 1 + after.reduce((n, j) => Math.max(n, levelOf(j)), 0)
    levels[i] = role === 'last' ? Number.POSITIVE_INFINITY : role === 'next state' ? level + tasks.length : level
  })
  const isOfInputs = ({ role, after }: Task): boolean =>
    role === 'kernel' && after.every((j) => tasks[j]?.role === 'fill')
  const needed = tasks.map(() => Number.POSITIVE_INFINITY)
  for (const [i, task] of [...tasks.entries()].toReversed()) {
    const first = at(needed, i)
    if (isOfInputs(task) && stored(task) >= large && first < Number.POSITIVE_INFINITY) levels[i] = first
    for (const j of task.after) needed[j] = Math.min(at(needed, j), levelOf(i))
  }
  tasks.forEach(({ after }, i) => {
    for (const j of after)
      if (tasks[j]?.role === 'fill') levels[j] = Math.min(levelOf(j) || Number.POSITIVE_INFINITY, levelOf(i))
  })
  return levels
}

/** Within a level fills come first, then list order. */
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

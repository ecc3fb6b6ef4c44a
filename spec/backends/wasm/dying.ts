/** Preloaded in every thread: the second compute thread dies when a kernel reads the clock. */
import { isMainThread, threadId } from 'node:worker_threads'

const ways: Readonly<Record<string, () => never>> = {
  exits: () => process.exit(7),
  'fills its heap': () => {
    const all: number[][] = []
    for (;;) all.push(Array.from({ length: 1e5 }, (_, i) => i + all.length))
  },
}

const way = ways[process.env.DYING ?? '']
if (!isMainThread && threadId === 2 && way !== undefined) performance.now = way

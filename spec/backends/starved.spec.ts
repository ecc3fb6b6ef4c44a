/** Unavailable memory is an OutOfMemory with figures, wherever it is allocated. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

const child = join(import.meta.dirname, 'starved.ts')

/** The result of compiling for so many elements, in a process with an address space limit in KiB. */
const starved = (backend: string, elements: number, limit: number | 'unlimited'): Promise<string> => {
  // what is compiled already leaves room that the process is not to have
  const { NODE_OPTIONS: _, NODE_COMPILE_CACHE: __, ...env } = process.env
  const command = `ulimit -v ${limit} && exec "$0" "$@"`
  return new Promise((resolve) =>
    execFile('sh', ['-c', command, process.execPath, child, backend, String(elements)], { env }, (error, out) =>
      resolve(error === null ? out : `${error.message} ${out}`),
    ),
  )
}

const onLinux = { skip: process.platform === 'linux' ? false : 'ulimit -v is of Linux' } as const

for (const backend of ['cpu', 'wasm'])
  t.test(`${backend} in a process that may not have it`, onLinux, async (t) => {
    const found = JSON.parse(await starved(backend, 1e8, 4e6))
    t.match(found, { name: 'OutOfMemory', where: backend })
    t.ok(found.needed >= 8e8 && found.available > found.needed)
    t.match(
      found.message,
      new RegExp(`^${backend}: the plan needs .* of memory and cannot have it, although .* left: `),
    )
  })

for (const [backend, elements] of [
  ['cpu', 1e15],
  ['wasm', 1e9],
] as const)
  t.test(`${backend} on a machine that does not have it`, onLinux, async (t) => {
    const found = JSON.parse(await starved(backend, elements, 'unlimited'))
    t.match(found, { name: 'OutOfMemory', where: backend })
    t.ok(found.needed > found.available)
    t.match(found.message, new RegExp(`^${backend}: the plan needs .* GiB of memory, more than the .* there are$`))
  })

/**
 * How files are opened: `open` of node:fs/promises, or what stands for a disk that fails. Said in types of its own, so that the
 * package's declarations need none of Node's.
 */
export interface OpenFile {
  readonly stat: () => Promise<{ readonly size: number }>
  readonly readFile: () => Promise<Uint8Array<ArrayBuffer>>
  /** Into `bytes` from `offset` on, `length` of those that begin at `position`. */
  readonly read: (
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    length: number,
    position: number,
  ) => Promise<{ readonly bytesRead: number }>
  readonly writeFile: (bytes: Uint8Array) => Promise<void>
  readonly sync: () => Promise<void>
  readonly close: () => Promise<void>
}

/** `r` reads, `wx` creates a file that is not there. */
export type Opener = (path: string, flags: 'r' | 'wx') => Promise<OpenFile>

/** The result of `use` on a file that is closed afterwards. */
export const reading = async <A>(open: Opener, path: string, use: (file: OpenFile) => Promise<A>): Promise<A> => {
  const file = await open(path, 'r')
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

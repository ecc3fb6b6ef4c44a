/**
 * Files of a training in a page: the origin's private file system. They are those of Node, with the same hash of their
 * content; a file is replaced whole when it is closed, and missing folders of its path are made.
 */
import * as E from 'fp-ts/lib/Either.js'
import { compared, hashedContent, withHash } from '../io/hashedContent.ts'
import { decode, encode, type SafeTensors, type Writable } from '../io/safetensors.ts'

export type File = SafeTensors<Writable>

/** Why the file system of a page refuses, by the names of its errors. */
const words: Readonly<Record<string, string>> = {
  NotFoundError: 'no such file or folder',
  TypeMismatchError: 'it is a folder, or a part of its path is a file',
  TypeError: 'a part of its path is no name that pages allow',
  QuotaExceededError: 'the storage of this page is full',
  NoModificationAllowedError: 'it is in use',
  NotAllowedError: 'permission denied',
  SecurityError: 'this page may not have files: it needs https, or localhost',
}

/** The result of a file operation; its error is one sentence that names the path. */
const named = async <A>(what: string, path: string, work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    throw new Error(`cannot ${what} ${path}: ${words[name] ?? message}`, { cause: error })
  }
}

const handle = async (path: string, create: boolean): Promise<FileSystemFileHandle> => {
  const parts = path.split('/').filter((part) => part !== '')
  let folder = await navigator.storage.getDirectory()
  for (const name of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(name, { create })
  return folder.getFileHandle(parts.at(-1) ?? '', { create })
}

const hashOf = async (file: SafeTensors): Promise<string> => {
  const content = await new Blob(Array.from(hashedContent(file), (piece) => new Uint8Array(piece))).arrayBuffer()
  return new Uint8Array(await crypto.subtle.digest('SHA-256', content)).reduce(
    (digits, byte) => digits + byte.toString(16).padStart(2, '0'),
    '',
  )
}

export const write = (path: string, file: File): Promise<void> =>
  named('write', path, async () => {
    const bytes = encode(withHash(file, await hashOf(file)))
    if (E.isLeft(bytes)) throw new Error(bytes.left)
    const stream = await (await handle(path, true)).createWritable()
    try {
      await stream.write(new Uint8Array(bytes.right))
    } catch (error) {
      await stream.abort()
      throw error
    }
    await stream.close()
  })

export const read = async (path: string): Promise<SafeTensors> => {
  const bytes = await named('read', path, async () => (await (await handle(path, false)).getFile()).arrayBuffer())
  const file = decode(new Uint8Array(bytes))
  const whole = E.isLeft(file) ? file : compared(file.right, await hashOf(file.right), true)
  if (E.isLeft(whole)) throw new Error(`${path}: ${whole.left}`)
  return whole.right
}

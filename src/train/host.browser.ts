/** Files of a training in a page: the origin's private file system, where a file is replaced whole when it is closed. */
import * as E from 'fp-ts/lib/Either.js'
import { decode, encode, type SafeTensors, type Writable } from '../io/safetensors.ts'

export type File = SafeTensors<Writable>

const handle = async (path: string, create: boolean): Promise<FileSystemFileHandle> =>
  (await navigator.storage.getDirectory()).getFileHandle(path, { create })

export const write = async (path: string, file: File): Promise<void> => {
  const bytes = encode(file)
  if (E.isLeft(bytes)) throw new Error(`cannot write ${path}: ${bytes.left}`)
  const stream = await (await handle(path, true)).createWritable()
  await stream.write(new Uint8Array(bytes.right))
  await stream.close()
}

export const read = async (path: string): Promise<SafeTensors> => {
  const found = await (await handle(path, false)).getFile()
  const file = decode(new Uint8Array(await found.arrayBuffer()))
  if (E.isLeft(file)) throw new Error(`${path}: ${file.left}`)
  return file.right
}

/** Files of a training in Node: safetensors with a hash of their content, written whole or not at all. */
import * as E from 'fp-ts/lib/Either.js'
import { intact, sealed } from '../io/contentHash.ts'
import type { SafeTensors, Writable } from '../io/safetensors.ts'
import { load, save } from '../io/safetensorsFile.ts'

export type File = SafeTensors<Writable>

const orThrow = <A>(result: E.Either<string, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left)
  return result.right
}

export const write = async (path: string, file: File): Promise<void> => orThrow(await save(path, sealed(file))())

export const read = async (path: string): Promise<SafeTensors> => {
  const file = orThrow(await load(path)())
  return orThrow(E.mapLeft((what: string) => `${path}: ${what}`)(intact(true)(file)))
}

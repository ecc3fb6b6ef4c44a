/**
 * Files of Python's pickle, as which PyTorch saves parameters: reading one can run any code that is in it, so that none is ever
 * read here. They are recognised by their name and by their first bytes, and refused with the command that converts them.
 */
import { basename } from 'node:path'

const extension = /\.(?:pth|ckpt|pt|bin|pkl|pickle)$/i

/** A zip archive (torch.save since 1.6), a pickle of protocol 2 to 5 (before). */
const begins: readonly (readonly number[])[] = [
  [0x50, 0x4b, 0x03, 0x04],
  ...[2, 3, 4, 5].map((protocol) => [0x80, protocol]),
]

/** Whether a file is a pickle, or is called like one. @param first its first bytes */
export const isPickle = (path: string, first: Uint8Array): boolean =>
  extension.test(path) || begins.some((magic) => first.length >= magic.length && magic.every((b, i) => first[i] === b))

/** A word of Python in a word of the shell; of a path with quotes only that it is one. */
const literal = (path: string): string => (/['"\\$`!]/.test(path) ? "'FILE'" : `'${path}'`)

/** The command that converts such a file, with dictionaries in dictionaries joined by dots: `model.x_embedder.proj.weight`. */
export const pickleConversion = (path: string): string => {
  const name = basename(path)
  const to = `${name.replace(/\.[^.]*$/, '')}${name.endsWith('.safetensors') ? '-converted' : ''}.safetensors`
  const flat =
    "f = lambda d, p='': {n: t for k, v in d.items() for n, t in (f(v, p + str(k) + '.') if isinstance(v, dict) else {p + str(k): v.clone().contiguous()} if torch.is_tensor(v) else {}).items()}"
  const save = `s.save_file(f(torch.load(${literal(path)}, 'cpu', weights_only=True)), ${literal(to)})`
  return `python3 -c "import torch, safetensors.torch as s; ${flat}; ${save}"`
}

/** Why a pickle is not read, in words that follow its path and a colon. */
export const notPickles = (path: string): string =>
  `a pickle, which could run any code when it is read, so it never is: convert it with ${pickleConversion(path)}`

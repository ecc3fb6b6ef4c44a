/**
 * kill -9 at random, of latent models: encoding that is killed and begun again must end with the bytes of one that was never killed, and
 * a run on its latents like the run that was never killed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { writeAutoencoder } from '../../src/cli/autoencoder/autoencoderFile.ts'
import { must, mustBe } from '../../src/cli/errors.ts'
import { autoencoderOf, decodeModel } from '../../src/models/models.ts'
import { arbitrary } from '../../src/nn/spec.ts'
import { fold, integer, type Key, key } from '../../src/random/key.ts'
import { inPeace, type Peace, peaceOf, type Trial } from './peace.ts'
import { launch, operations, type Subject } from './subject.ts'

/** Pictures: more than one shard holds. */
const count = 300
const side = 8

const idx = (shape: readonly number[], data: Uint8Array): Uint8Array => {
  const head = new DataView(new ArrayBuffer(4 + 4 * shape.length))
  head.setUint32(0, 0x0800 + shape.length)
  for (const [i, n] of shape.entries()) head.setUint32(4 + 4 * i, n)
  return Buffer.concat([new Uint8Array(head.buffer), data])
}

/** A folder of pictures in MNIST's format, and the file of a random autoencoder. */
const materials = async (home: string): Promise<{ readonly data: string; readonly autoencoder: string }> => {
  const folder = join(home, 'pictures')
  mkdirSync(folder, { recursive: true })
  for (const [name, n] of [
    ['train', count],
    ['t10k', 8],
  ] as const) {
    const pixels = Uint8Array.from({ length: n * side * side }, (_, i) => (i * 37 + Math.floor(i / 64) * 11) % 256)
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), idx([n, side, side], pixels))
    writeFileSync(
      join(folder, `${name}-labels-idx1-ubyte`),
      idx(
        [n],
        Uint8Array.from({ length: n }, (_, i) => i % 2),
      ),
    )
  }
  const autoencoder = join(home, 'kl.safetensors')
  const config = {
    model: 'kl',
    image_size: side,
    channels: 1,
    latent_channels: 2,
    widths: [4, 8],
    blocks: 1,
    groups: 2,
  }
  const model = mustBe(autoencoderOf(mustBe(decodeModel(config))))
  await must(writeAutoencoder(autoencoder, { model, theta: arbitrary(model.spec)(key(1)), scale: null }))
  return { data: `idx:${folder}`, autoencoder }
}

/** Encoding undisturbed, and the moments at which it can be killed. */
export const encodePeace = async (home: string): Promise<Peace> => {
  mkdirSync(home, { recursive: true })
  const { data, autoencoder } = await materials(resolve(home))
  const words = (out: string): readonly string[] => [
    'data',
    'encode',
    '--autoencoder',
    autoencoder,
    '--data',
    data,
    '--out',
    out,
  ]
  const subject: Subject = { home: resolve(home), config: '', steps: 0, words }
  return inPeace(subject)
}

/** A run on the latents of an undisturbed encoding. */
export const latentPeace = (encoded: Peace, steps: number): Promise<Peace> =>
  peaceOf(
    join(encoded.subject.home, 'run'),
    steps,
    { save_seconds: 0.03, validation_seconds: 0.05, grid_seconds: 0.1 },
    {
      preset: 'latent-s',
      data: `latents:${encoded.whole}`,
      model: { input_size: 4, width: 8, depth: 1, heads: 2 },
    },
  )

const content = (folder: string): string =>
  JSON.stringify(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  )

const kinds = ['kill-before', 'kill-within', 'kill-after'] as const

/** Encoding that is killed twice at random operations on its files, and then goes on to its end. */
export const encodeTrial = async (peace: Peace, seed: number, trial: number): Promise<Trial> => {
  const out = join(peace.subject.home, 'killed')
  const draw = fold(key(seed), trial)
  rmSync(out, { recursive: true, force: true })
  const told: string[] = []
  const kill = async (own: Key): Promise<void> => {
    const at = integer(fold(own, 0), peace.operations)
    const kind = kinds[integer(fold(own, 1), kinds.length)] ?? 'kill-before'
    const { signal } = await launch(peace.subject, out, { fault: { at, kind } }).ended
    if (signal !== null) told.push(`${kind} operation ${at} (${operations(out)[at] ?? 'none'})`)
  }
  await kill(fold(draw, 0))
  await kill(fold(draw, 1))
  const what = `encoding killed ${told.join(', ')}`
  const { code, err } = await launch(peace.subject, out).ended
  if (code !== 0) return { ok: false, what: `${what}: ${err}` }
  if (existsSync(join(out, '.lock'))) return { ok: false, what: `${what}: it left its lock` }
  return content(out) === content(peace.whole) ? { ok: true, what } : { ok: false, what: `${what}: other bytes` }
}

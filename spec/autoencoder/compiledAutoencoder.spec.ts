/** Examples of a compiled autoencoder: any number of images, what it refuses, and that a half that is not used is not compiled. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { compileAutoencoder } from '../../src/autoencoder/compiledAutoencoder.ts'
import { klDefaults } from '../../src/models/kl/klConfig.ts'
import { klModel } from '../../src/models/kl/klModel.ts'
import { arbitrary } from '../../src/nn/spec.ts'
import type { Backend } from '../../src/plan/backend.ts'
import { key, normal } from '../../src/random/key.ts'

const network = klModel({ ...klDefaults, image_size: 8, widths: [4, 8], blocks: 1, groups: 2, latent_channels: 2 })
const theta = arbitrary(network.spec)(key(1))
const shapes = { batch: 2, size: 8, channels: 3 }

/** `cpu`, which counts what it compiles and what of it is not disposed of. */
const counting = () => {
  const counts = { compiled: 0, held: 0 }
  const backend: Backend = {
    ...cpu,
    compile: async (plan, options) => {
      counts.compiled++
      counts.held++
      const executable = await cpu.compile(plan, options)
      return {
        ...executable,
        dispose: async () => {
          counts.held--
          await executable.dispose()
        },
      }
    },
  }
  return { backend, counts }
}

t.test('a half is compiled once, when it is used, and freed with the rest', async (t) => {
  const { backend, counts } = counting()
  const autoencoder = compileAutoencoder(backend)(network, theta, shapes)
  t.same(autoencoder.latents, { size: 4, channels: 2 })
  t.equal(counts.compiled, 0)
  const images = await autoencoder.decode(normal(key(2), 3 * 4 * 4 * 2))
  await autoencoder.decode(normal(key(2), 4 * 4 * 2))
  t.equal(images.length, 3 * 8 * 8 * 3)
  t.equal(counts.compiled, 1)
  const { mean, logVariance } = await autoencoder.encode(images)
  t.same([mean.length, logVariance.length], [96, 96])
  t.equal(counts.compiled, 2)
  await autoencoder.dispose()
  t.equal(counts.held, 0)
})

t.test('numbers that are not those of whole images are refused; work stops between batches', async (t) => {
  const autoencoder = compileAutoencoder(cpu)(network, theta, shapes)
  t.teardown(autoencoder.dispose)
  await t.rejects(autoencoder.encode(new Float32Array(100)), {
    message: '100 numbers: expected at least one block of 192 for "image"',
  })
  await t.rejects(autoencoder.decode(new Float32Array(0)), /0 numbers: expected at least one block of 32 for "latents"/)
  let checks = 0
  const stop = () => {
    if (++checks === 2) throw new Error('stop')
  }
  await t.rejects(autoencoder.decode(new Float32Array(5 * 32), stop), /stop/)
  t.equal(checks, 2, 'after the first of three batches')
})

/** Tiled decoding by a network: one tile is plain decoding, seams are small, and what is refused. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { compileAutoencoder } from '../../src/autoencoder/compiledAutoencoder.ts'
import { decodeTiled, tileStarts } from '../../src/autoencoder/tiles.ts'
import { element } from '../../src/codec/element.ts'
import { klDefaults } from '../../src/models/kl/klConfig.ts'
import { klModel } from '../../src/models/kl/klModel.ts'
import { arbitrary } from '../../src/nn/spec.ts'
import { key, normal } from '../../src/random/key.ts'

const network = klModel({ ...klDefaults, image_size: 16, widths: [4, 8], blocks: 1, groups: 2, latent_channels: 2 })
const theta = arbitrary(network.spec)(key(1))
const of = (size: number) => compileAutoencoder(cpu)(network, theta, { batch: 1, size, channels: 3 })

t.test('where one tile covers all, tiled decoding is plain decoding', async (t) => {
  const whole = of(16)
  t.teardown(whole.dispose)
  const z = normal(key(2), 8 * 8 * 2)
  t.same(await decodeTiled(whole)(z, { height: 8, width: 8 }), await whole.decode(z))
})

t.test('blending removes seams: what tiles change of an image does not jump where they meet', async (t) => {
  const [tile, whole] = [of(16), of(32)]
  t.teardown(tile.dispose)
  t.teardown(whole.dispose)
  const z = normal(key(3), 16 * 16 * 2)
  const plain = await whole.decode(z)
  /** The largest root mean square, over a column, of what changes from the pixel before. */
  const seam = async (overlap: number): Promise<number> => {
    const image = await decodeTiled(tile, { overlap })(z, { height: 16, width: 16 })
    const changed = (y: number, x: number, c: number): number =>
      element(image, (y * 32 + x) * 3 + c) - element(plain, (y * 32 + x) * 3 + c)
    const jump = (x: number): number => {
      let sum = 0
      for (let y = 0; y < 32; y++) for (let c = 0; c < 3; c++) sum += (changed(y, x, c) - changed(y, x - 1, c)) ** 2
      return Math.sqrt(sum / 96)
    }
    return Math.max(...Array.from({ length: 31 }, (_, i) => jump(i + 1)))
  }
  const [blended, butted] = [await seam(4), await seam(0)]
  t.ok(blended < 0.6 * butted, `${blended} with an overlap, ${butted} without`)
})

t.test('latents smaller than a tile, of another shape, and an overlap of a whole tile are refused', async (t) => {
  const tile = of(16)
  t.teardown(tile.dispose)
  await t.rejects(decodeTiled(tile)(new Float32Array(4 * 8 * 2), { height: 4, width: 8 }), {
    message: 'tiles of 8 latents that overlap by 2, along 4: expected at least a tile, and an overlap below it',
  })
  await t.rejects(decodeTiled(tile)(new Float32Array(100), { height: 8, width: 8 }), {
    message: '100 numbers: expected 128, latents of 8 x 8 x 2',
  })
  t.throws(() => tileStarts(9, 4, 4), RangeError)
})

/** What the peak rates of a device are made of; the rates themselves are whatever the device reaches. */
import t from 'tap'
import { layoutOf } from '../../../backends/webgpu/binding.ts'
import { open } from '../../../backends/webgpu/device.ts'
import { copying, limits, multiplyAdds, ratesOf } from '../../../backends/webgpu/limit.ts'
import { pipelineOf } from '../../../backends/webgpu/pipeline.ts'

const lanes = 256

/** Multiplications and additions of one lane in one turn of the text's loop. */
const flopsOfTurn = 2 * 4 * [...multiplyAdds.matchAll(/ = fma\(s\d, scale, shift\)/g)].length

const vectors = 2 ** 18

for (const [gflops, gigabytes] of [
  [5, 1],
  [60_000, 3000],
] as const)
  t.test(`a device of ${gflops} GFLOPS that copies ${gigabytes} GB/s is found to be one`, async (t) => {
    let runs = 0
    /** Every third run is slower. */
    const disturbed = (milliseconds: number): number => milliseconds * (runs++ % 3 === 0 ? 1.5 : 1)
    const found = await ratesOf({
      vectors,
      add: async ({ groups, turns }) => {
        t.ok(groups * lanes + 4 <= vectors, 'each lane has a vector to write to')
        return disturbed((groups * lanes * turns * flopsOfTurn) / gflops / 1e6)
      },
      copy: async (groups) => {
        t.equal(groups * lanes, vectors / 2, 'one half is copied to the other')
        return disturbed((16 * vectors) / gigabytes / 1e6)
      },
    })
    t.ok(Math.abs(found.gflops / gflops - 1) < 1e-9, `${found.gflops}`)
    t.ok(Math.abs(found.gigabytes / gigabytes - 1) < 1e-9, `${found.gigabytes}`)
  })

t.test('both texts are valid on every device, and one that computes nothing has no rates', async (t) => {
  const { device } = await open('null')
  const { pipelines } = layoutOf(device, 1)
  for (const code of [multiplyAdds, copying]) await t.resolves(pipelineOf(device, pipelines, { label: 'limit', code }))
  device.destroy()
  t.equal(await limits('null'), null)
})

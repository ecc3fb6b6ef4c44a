import t from 'tap'
import { channelsLast, imageSizes } from '../../../src/cli/parity/reference.ts'

t.test("a file's images are [b, c, h, w]; another rank is refused, and no size is made up", (t) => {
  t.same(imageSizes({ shape: [2, 3, 4, 5] }), [2, 3, 4, 5])
  t.same(channelsLast({ shape: [1, 2, 1, 2], values: Float64Array.of(1, 2, 10, 20) }), Float64Array.of(1, 10, 2, 20))
  for (const shape of [[3, 4, 5], [1, 2, 3, 4, 5], []])
    t.throws(() => imageSizes({ shape }), {
      message: `images in the file have shape [${shape.join(', ')}], expected [b, c, h, w]`,
    })
  t.throws(() => channelsLast({ shape: [2, 2], values: Float64Array.of(1, 2, 3, 4) }), /expected \[b, c, h, w\]/)
  t.end()
})

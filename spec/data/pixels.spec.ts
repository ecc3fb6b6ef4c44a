/** Memory for images that is there, and that is not. */
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { pixelsFor } from '../../src/data/pixels.ts'

t.test('zeros for all images, or a sentence before allocation', async (t) => {
  t.same(pixelsFor('folder:a', 2, 4, 3), E.right(new Uint8Array(96)))
  t.same(
    pixelsFor('folder:a', 3_000_000, 1024, 3, 2 ** 33),
    E.left(
      'folder:a: 3000000 images of 1024 x 1024 take 8789.1 GiB, more memory than there is: expected fewer, or a smaller size',
    ),
  )
  t.ok(E.isLeft(pixelsFor('folder:a', 1, 8, 3, 191)), 'one byte too many')
  t.ok(E.isLeft(pixelsFor('folder:a', 2 ** 40, 4096, 3, Infinity)), 'more than one array can hold')
})

/** The grid, looked at pixel by pixel. */
import * as E from 'fp-ts/lib/Either.js'
import sharp from 'sharp'
import t from 'tap'
import { type Grid, grid } from '../../src/io/png.ts'

interface Picture {
  readonly width: number
  readonly height: number
  readonly at: (x: number, y: number) => readonly number[]
}
const drawn = async (g: Grid): Promise<Picture> => {
  const png = await grid(g)()
  if (E.isLeft(png)) throw new Error(png.left)
  const { data, info } = await sharp(png.right).raw().toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number): readonly number[] =>
    Array.from(data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3))
  return { width: info.width, height: info.height, at }
}
const paper = [236, 236, 236]
/** Two by two: black, white; red, half grey. */
const four = Float32Array.of(-1, -1, -1, 1, 1, 1, 1, -1, -1, 0, 0, 0)

t.test('every pixel is a square of its colour, images are in rows and columns on the background', async (t) => {
  const scale = 10
  const rows = [
    { label: '', images: [four, four] },
    { label: '', images: [four] },
  ]
  const picture = await drawn({ rows, height: 2, width: 2, channels: 3, scale })
  t.same([picture.width, picture.height], [4 + 2 * 24, 4 + 2 * 24])
  for (const [x, y] of [
    [4, 4],
    [28, 4],
    [4, 28],
  ] as const)
    for (const d of [0, 9]) {
      t.same(picture.at(x + d, y + d), [0, 0, 0])
      t.same(picture.at(x + 10 + d, y + d), [255, 255, 255])
      t.same(picture.at(x + d, y + 10 + d), [255, 0, 0])
      t.same(picture.at(x + 10 + d, y + 10 + d), [128, 128, 128])
    }
  for (const [x, y] of [
    [0, 0],
    [3, 3],
    [25, 10],
    [30, 30],
    [51, 51],
  ] as const)
    t.same(picture.at(x, y), paper)
})

t.test('one channel is grey; values beyond the range are clipped; NaN is magenta, not black', async (t) => {
  const images = [Float64Array.of(-7, -1, 1, 7, 0, Number.NaN)]
  const picture = await drawn({ rows: [{ label: '', images }], height: 1, width: 6, channels: 1, scale: 1 })
  t.same(
    [4, 5, 6, 7, 8, 9].map((x) => picture.at(x, 4)),
    [
      [0, 0, 0],
      [0, 0, 0],
      [255, 255, 255],
      [255, 255, 255],
      [128, 128, 128],
      [255, 0, 255],
    ],
  )
})

const letters = await sharp(
  Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="30" height="30"><text y="25">M</text></svg>'),
).stats()
t.test(
  'labels are next to their rows',
  { skip: letters.channels[3]?.max === 0 ? 'this system has no fonts' : false },
  async (t) => {
    const image = new Float32Array(32 * 32 * 3).fill(1)
    const label = 'A & B <c> \u0000\ud800, a label that is far too long to be shown'
    const picture = await drawn({
      rows: [
        { label: '', images: [image] },
        { label, images: [image] },
      ],
      height: 32,
      width: 32,
      channels: 3,
    })
    const dark = (from: number, to: number): number => {
      let n = 0
      for (let y = from; y < to; y++) for (let x = 0; x < 200; x++) n += (picture.at(x, y)[0] ?? 255) < 100 ? 1 : 0
      return n
    }
    t.equal(dark(0, 104), 0, 'an empty label leaves the paper empty')
    t.ok(dark(120, 190) > 50, 'a label leaves dark letters in its row')
    t.same(picture.at(picture.width - 10, 150), [255, 255, 255], 'the images are not written over')
    t.same(picture.at(picture.width - 2, 150), paper)
  },
)

t.test(
  'headings are above their columns',
  { skip: letters.channels[3]?.max === 0 ? 'this system has no fonts' : false },
  async (t) => {
    const image = new Float32Array(32 * 32 * 3).fill(1)
    const shape = { height: 32, width: 32, channels: 3 } as const
    const rows = [{ label: '', images: [image, image] }]
    const [without, headed] = [await drawn({ rows, ...shape }), await drawn({ rows, headings: ['', 'M'], ...shape })]
    const top = headed.height - without.height
    t.equal(headed.width, without.width)
    t.ok(top > 15)
    const dark = (from: number, to: number): number => {
      let n = 0
      for (let y = 0; y < top; y++) for (let x = from; x < to; x++) n += (headed.at(x, y)[0] ?? 255) < 100 ? 1 : 0
      return n
    }
    t.equal(dark(0, 104), 0)
    t.ok(dark(104, 200) > 10)
    t.same(headed.at(150, top + 4), [255, 255, 255])
    t.same(headed.at(150, top + 3), paper)
  },
)

t.test('what cannot be drawn is an error of one sentence', async (t) => {
  const shape = { height: 2, width: 2, channels: 3 } as const
  t.same(await grid({ rows: [], ...shape })(), E.left('a grid needs at least one image'))
  t.same(
    await grid({ rows: [{ label: 'cat', images: [new Float32Array(4)] }], ...shape })(),
    E.left('row "cat" holds an image of 4 numbers, expected 2 x 2 x 3'),
  )
})

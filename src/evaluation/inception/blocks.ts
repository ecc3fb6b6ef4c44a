/**
 * The blocks of Inception-v3 (Szegedy et al., 2015) as the network of 2015-12-05 has them: average pools take the mean of
 * the pixels that are there, and the last block has a max pool in place of one. Parameters have PyTorch's names. A unit is a
 * convolution, its batch norm folded into it, and ReLU; the branches of a block stand one after the other in its channels.
 */
import { avgPool, type Conv, type ConvConfig, conv, type convSpec, maxPool } from '../../nn/index.ts'
import type { Kernel } from '../../nn/parameter.ts'
import { concat, relu, type Tensor } from '../../tensor/ops.ts'

/** The parameters of a unit: a convolution of so many channels of the network at full width. */
export type UnitSpec = (kernel: Kernel, cin: number, cout: number) => ReturnType<typeof convSpec>

const padded: ConvConfig = { stride: 1 }
const halved: ConvConfig = { stride: 2, padding: 0 }
const around = { axes: [1, 2], size: [3, 3], stride: [1, 1], padding: [1, 1] }

/** x [b, h, w, in] -> [b, h', w', out], never negative. */
export const unit =
  (c: ConvConfig = padded) =>
  (p: Conv) =>
  (x: Tensor): Tensor =>
    relu(conv(c)(p)(x))

/** The largest of 3 x 3 pixels at every second one: [b, h, w, c] -> [b, (h - 1) / 2, (w - 1) / 2, c], rounded down. */
export const halving = maxPool({ axes: [1, 2], size: [3, 3], stride: [2, 2] })
const meanAround = avgPool({ ...around, countPadding: false })
const maxAround = maxPool(around)

/** Units one after the other, each with padding that keeps the size. */
const through =
  (...units: readonly Conv[]) =>
  (x: Tensor): Tensor =>
    units.reduce((y, p) => unit()(p)(y), x)

const side = concat(-1)

/** 35 x 35: 1 x 1, 5 x 5, 3 x 3 twice, and a pool of `pool` channels. */
export const blockASpec = (u: UnitSpec, cin: number, pool: number) => ({
  branch1x1: u(1, cin, 64),
  branch5x5_1: u(1, cin, 48),
  branch5x5_2: u(5, 48, 64),
  branch3x3dbl_1: u(1, cin, 64),
  branch3x3dbl_2: u(3, 64, 96),
  branch3x3dbl_3: u(3, 96, 96),
  branch_pool: u(1, cin, pool),
})
/** [b, h, w, in] -> [b, h, w, 224 + pool]. */
export const blockA =
  (p: Units<typeof blockASpec>) =>
  (x: Tensor): Tensor =>
    side([
      through(p.branch1x1)(x),
      through(p.branch5x5_1, p.branch5x5_2)(x),
      through(p.branch3x3dbl_1, p.branch3x3dbl_2, p.branch3x3dbl_3)(x),
      through(p.branch_pool)(meanAround(x)),
    ])

/** 35 x 35 to 17 x 17: 3 x 3, 3 x 3 twice, and a pool. */
export const blockBSpec = (u: UnitSpec, cin: number) => ({
  branch3x3: u(3, cin, 384),
  branch3x3dbl_1: u(1, cin, 64),
  branch3x3dbl_2: u(3, 64, 96),
  branch3x3dbl_3: u(3, 96, 96),
})
/** [b, h, w, in] -> [b, h', w', 480 + in]. */
export const blockB =
  (p: Units<typeof blockBSpec>) =>
  (x: Tensor): Tensor =>
    side([
      unit(halved)(p.branch3x3)(x),
      unit(halved)(p.branch3x3dbl_3)(through(p.branch3x3dbl_1, p.branch3x3dbl_2)(x)),
      halving(x),
    ])

/** 17 x 17: 1 x 1, rows and columns of seven once and twice, of `c` channels between them, and a pool. */
export const blockCSpec = (u: UnitSpec, cin: number, c: number) => ({
  branch1x1: u(1, cin, 192),
  branch7x7_1: u(1, cin, c),
  branch7x7_2: u([1, 7], c, c),
  branch7x7_3: u([7, 1], c, 192),
  branch7x7dbl_1: u(1, cin, c),
  branch7x7dbl_2: u([7, 1], c, c),
  branch7x7dbl_3: u([1, 7], c, c),
  branch7x7dbl_4: u([7, 1], c, c),
  branch7x7dbl_5: u([1, 7], c, 192),
  branch_pool: u(1, cin, 192),
})
/** [b, h, w, in] -> [b, h, w, 768]; its first 192 channels are those of the 1 x 1 branch. */
export const blockC =
  (p: Units<typeof blockCSpec>) =>
  (x: Tensor): Tensor =>
    side([
      through(p.branch1x1)(x),
      through(p.branch7x7_1, p.branch7x7_2, p.branch7x7_3)(x),
      through(p.branch7x7dbl_1, p.branch7x7dbl_2, p.branch7x7dbl_3, p.branch7x7dbl_4, p.branch7x7dbl_5)(x),
      through(p.branch_pool)(meanAround(x)),
    ])

/** 17 x 17 to 8 x 8: 3 x 3, seven by seven then 3 x 3, and a pool. */
export const blockDSpec = (u: UnitSpec, cin: number) => ({
  branch3x3_1: u(1, cin, 192),
  branch3x3_2: u(3, 192, 320),
  branch7x7x3_1: u(1, cin, 192),
  branch7x7x3_2: u([1, 7], 192, 192),
  branch7x7x3_3: u([7, 1], 192, 192),
  branch7x7x3_4: u(3, 192, 192),
})
/** [b, h, w, in] -> [b, h', w', 512 + in]. */
export const blockD =
  (p: Units<typeof blockDSpec>) =>
  (x: Tensor): Tensor =>
    side([
      unit(halved)(p.branch3x3_2)(through(p.branch3x3_1)(x)),
      unit(halved)(p.branch7x7x3_4)(through(p.branch7x7x3_1, p.branch7x7x3_2, p.branch7x7x3_3)(x)),
      halving(x),
    ])

/** 8 x 8: 1 x 1, a row beside a column of three once and after 3 x 3, and a pool. */
export const blockESpec = (u: UnitSpec, cin: number) => ({
  branch1x1: u(1, cin, 320),
  branch3x3_1: u(1, cin, 384),
  branch3x3_2a: u([1, 3], 384, 384),
  branch3x3_2b: u([3, 1], 384, 384),
  branch3x3dbl_1: u(1, cin, 448),
  branch3x3dbl_2: u(3, 448, 384),
  branch3x3dbl_3a: u([1, 3], 384, 384),
  branch3x3dbl_3b: u([3, 1], 384, 384),
  branch_pool: u(1, cin, 192),
})
/** [b, h, w, in] -> [b, h, w, 2048]. */
export const blockE =
  (pool: 'mean' | 'max') =>
  (p: Units<typeof blockESpec>) =>
  (x: Tensor): Tensor => {
    const once = through(p.branch3x3_1)(x)
    const twice = through(p.branch3x3dbl_1, p.branch3x3dbl_2)(x)
    return side([
      through(p.branch1x1)(x),
      through(p.branch3x3_2a)(once),
      through(p.branch3x3_2b)(once),
      through(p.branch3x3dbl_3a)(twice),
      through(p.branch3x3dbl_3b)(twice),
      through(p.branch_pool)((pool === 'mean' ? meanAround : maxAround)(x)),
    ])
  }

/** The parameters of a block. */
type Units<BlockSpec extends (...args: never) => object> = { readonly [Name in keyof ReturnType<BlockSpec>]: Conv }

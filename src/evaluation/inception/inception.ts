/**
 * Inception-v3 as it was published on 2015-12-05, the network of the Frechet inception distance (Heusel et al., 2017), the
 * Inception score (Salimans et al., 2016) and sFID (Nash et al., 2021): a plain function of its parameters.
 */
import { convSpec, globalAveragePool, type Kernel, linearSpec, type Params } from '../../nn/index.ts'
import { matmul, type Tensor, take } from '../../tensor/ops.ts'
import {
  blockA,
  blockASpec,
  blockB,
  blockBSpec,
  blockC,
  blockCSpec,
  blockD,
  blockDSpec,
  blockE,
  blockESpec,
  halving,
  unit,
} from './blocks.ts'

/** How wide the network is; a narrow one computes the same way and is comparable with nothing. */
export interface InceptionConfig {
  /** All widths are divided by it: 1 of the published network; 2, 4, 8 or 16 of one to test with. */
  readonly divisor: 1 | 2 | 4 | 8 | 16
  /** 1,008 of the published network. */
  readonly classes: number
}

/** The network as it was published. */
export const published: InceptionConfig = { divisor: 1, classes: 1008 }

/** Height and width of its pictures. */
export const inceptionSize = 299

/** The width of the pooled features. */
export const featuresOf = ({ divisor }: InceptionConfig): number => 2048 / divisor

/** The parameters under PyTorch's names, each batch norm folded into the convolution before it. */
export const inceptionSpec = ({ divisor, classes }: InceptionConfig) => {
  const u = (kernel: Kernel, cin: number, cout: number) => convSpec(kernel, cin / divisor, cout / divisor)
  return {
    Conv2d_1a_3x3: convSpec(3, 3, 32 / divisor),
    Conv2d_2a_3x3: u(3, 32, 32),
    Conv2d_2b_3x3: u(3, 32, 64),
    Conv2d_3b_1x1: u(1, 64, 80),
    Conv2d_4a_3x3: u(3, 80, 192),
    Mixed_5b: blockASpec(u, 192, 32),
    Mixed_5c: blockASpec(u, 256, 64),
    Mixed_5d: blockASpec(u, 288, 64),
    Mixed_6a: blockBSpec(u, 288),
    Mixed_6b: blockCSpec(u, 768, 128),
    Mixed_6c: blockCSpec(u, 768, 160),
    Mixed_6d: blockCSpec(u, 768, 160),
    Mixed_6e: blockCSpec(u, 768, 192),
    Mixed_7a: blockDSpec(u, 768),
    Mixed_7b: blockESpec(u, 1280),
    Mixed_7c: blockESpec(u, 2048),
    fc: linearSpec(2048 / divisor, classes),
  }
}

/** What the network computes of pictures; c is its width, 2,048. */
export interface Inceptions {
  /** [b, c]: the means of the last block's channels. */
  readonly features: Tensor
  /** [b, classes], without the bias of the last layer, as the Inception score takes them. */
  readonly logits: Tensor
  /** [b, 17, 17, 7]: the first seven channels of `mixed_6/conv`, which sFID takes. */
  readonly spatial: Tensor
  /** The output of every block, by its name. */
  readonly blocks: Readonly<Record<string, Tensor>>
}

/** Pictures x [b, 299, 299, 3] in [-1, 1), made by `inceptionInput`, -> features and class scores. */
export const inception =
  (p: Params<ReturnType<typeof inceptionSpec>>) =>
  (x: Tensor): Inceptions => {
    const valid = { stride: 1, padding: 0 }
    const first = unit({ stride: 2, padding: 0 })(p.Conv2d_1a_3x3)(x)
    const stem = halving(unit()(p.Conv2d_2b_3x3)(unit(valid)(p.Conv2d_2a_3x3)(first)))
    const start = halving(unit(valid)(p.Conv2d_4a_3x3)(unit()(p.Conv2d_3b_1x1)(stem)))
    const Mixed_5b = blockA(p.Mixed_5b)(start)
    const Mixed_5c = blockA(p.Mixed_5c)(Mixed_5b)
    const Mixed_5d = blockA(p.Mixed_5d)(Mixed_5c)
    const Mixed_6a = blockB(p.Mixed_6a)(Mixed_5d)
    const Mixed_6b = blockC(p.Mixed_6b)(Mixed_6a)
    const Mixed_6c = blockC(p.Mixed_6c)(Mixed_6b)
    const Mixed_6d = blockC(p.Mixed_6d)(Mixed_6c)
    const Mixed_6e = blockC(p.Mixed_6e)(Mixed_6d)
    const Mixed_7a = blockD(p.Mixed_7a)(Mixed_6e)
    const Mixed_7b = blockE('mean')(p.Mixed_7b)(Mixed_7a)
    const Mixed_7c = blockE('max')(p.Mixed_7c)(Mixed_7b)
    const features = globalAveragePool(Mixed_7c)
    const late = { Mixed_6c, Mixed_6d, Mixed_6e, Mixed_7a, Mixed_7b, Mixed_7c }
    return {
      features,
      logits: matmul(features, p.fc.weight),
      spatial: take(-1, 0, 7)(Mixed_6d),
      blocks: { stem, start, Mixed_5b, Mixed_5c, Mixed_5d, Mixed_6a, Mixed_6b, ...late },
    }
  }

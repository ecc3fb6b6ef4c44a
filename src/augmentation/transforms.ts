/**
 * The six transformations of EDM's augmentation (Karras et al. 2022, Appendix F.2), in the order in which a picture goes
 * through them. Each has numbers in the label, which say all of it: the map of the plane is a function of them, and zeros are
 * no transformation.
 */

import { element } from '../codec/element.ts'
import { type Key, normal, uniform } from '../random/key.ts'
import { type Affine, composed, rotation, scaling, translation } from './affine.ts'

/** A transformation: one number of the label, or two. */
export interface Transform {
  readonly name: string
  /** How many numbers of the label are its own. */
  readonly width: 1 | 2
  /** Whether every picture goes through it, whatever the probability. */
  readonly isAlways: boolean
  /** Its numbers, drawn. */
  readonly draw: (key: Key) => readonly [number, number]
  /** Where the points of a picture of so many pixels go, in pixels from its middle. The second number is 0 where it has one. */
  readonly map: (a: number, b: number, size: number) => Affine
}

/** Sizes and proportions change by 2^0.2 for each unit of the label. */
const stretch = (a: number): number => 2 ** (0.2 * a)
/** A picture moves by an eighth of its side for each unit of the label. */
const shift = 1 / 8

const coin = (key: Key): number => (element(uniform(key, 1), 0) < 0.5 ? 1 : 0)
const angle = (key: Key, i: number): number => Math.PI * (2 * element(uniform(key, i + 1), i) - 1)

/** Left to right, of half of all pictures. */
const xFlip: Transform = {
  name: 'x-flip',
  width: 1,
  isAlways: true,
  draw: (key) => [coin(key), 0],
  map: (a) => scaling(1 - 2 * a, 1),
}

/** Upside down, of half of those that it is applied to. */
const yFlip: Transform = {
  name: 'y-flip',
  width: 1,
  isAlways: false,
  draw: (key) => [coin(key), 0],
  map: (a) => scaling(1, 1 - 2 * a),
}

/** By a factor 2^(0.2 a), a standard normal. */
const scale: Transform = {
  name: 'scale',
  width: 1,
  isAlways: false,
  draw: (key) => [element(normal(key, 1), 0), 0],
  map: (a) => scaling(stretch(a), stretch(a)),
}

/** By an angle t, uniform from -pi to pi: the label is cos t - 1 and sin t. */
const turn: Transform = {
  name: 'rotation',
  width: 2,
  isAlways: false,
  draw: (key) => {
    const t = angle(key, 0)
    return [Math.cos(t) - 1, Math.sin(t)]
  },
  map: (a, b) => rotation(1 + a, b),
}

/**
 * Longer by 2^(0.2 r) along a direction t and shorter by as much across it: the label is r cos t and r sin t. EDM draws r of
 * either sign, and a label then stands for two maps, -r along t having the label of r along t + pi. Here r is the magnitude
 * of a standard normal number: t being uniform, the maps have the same distribution, and a label is of one map.
 */
const anisotropy: Transform = {
  name: 'anisotropy',
  width: 2,
  isAlways: false,
  draw: (key) => {
    const [r, t] = [Math.abs(element(normal(key, 1), 0)), angle(key, 2)]
    return [r * Math.cos(t), r * Math.sin(t)]
  },
  map: (a, b) => {
    const r = Math.hypot(a, b)
    const [cos, sin] = r === 0 ? [1, 0] : [a / r, b / r]
    const along = scaling(stretch(r), 1 / stretch(r))
    return composed(rotation(cos, sin), composed(along, rotation(cos, -sin)))
  },
}

/** By a / 8 of the side to the right and b / 8 down, both standard normal. */
const move: Transform = {
  name: 'translation',
  width: 2,
  isAlways: false,
  draw: (key) => {
    const both = normal(key, 2)
    return [element(both, 0), element(both, 1)]
  },
  map: (a, b, size) => translation(shift * size * a, shift * size * b),
}

/** In the order of the label. */
export const transforms: readonly Transform[] = [xFlip, yFlip, scale, turn, anisotropy, move]

/** Numbers of a label. */
export const augmentLabels = 9

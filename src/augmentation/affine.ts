/** Affine maps of the plane as values: composition and inverse. x points to the right and y down, as the axes of a picture do. */

/** x' = xx x + xy y + x0, y' = yx x + yy y + y0. */
export interface Affine {
  readonly xx: number
  readonly xy: number
  readonly x0: number
  readonly yx: number
  readonly yy: number
  readonly y0: number
}

/** Every point stays. */
export const identity: Affine = { xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0 }

/** Factors of x and of y, about the origin. */
export const scaling = (x: number, y: number): Affine => ({ ...identity, xx: x, yy: y })

/** By an angle about the origin, from the x axis towards the y axis: clockwise as one sees it. */
export const rotation = (cos: number, sin: number): Affine => ({ ...identity, xx: cos, xy: -sin, yx: sin, yy: cos })

/** By x to the right and y down. */
export const translation = (x: number, y: number): Affine => ({ ...identity, x0: x, y0: y })

/** First `before`, then `after`. */
export const composed = (after: Affine, before: Affine): Affine => ({
  xx: after.xx * before.xx + after.xy * before.yx,
  xy: after.xx * before.xy + after.xy * before.yy,
  x0: after.xx * before.x0 + after.xy * before.y0 + after.x0,
  yx: after.yx * before.xx + after.yy * before.yx,
  yy: after.yx * before.xy + after.yy * before.yy,
  y0: after.yx * before.x0 + after.yy * before.y0 + after.y0,
})

/** The map that undoes it; a RangeError where none does. */
export const inverse = ({ xx, xy, x0, yx, yy, y0 }: Affine): Affine => {
  const area = xx * yy - xy * yx
  if (!(Math.abs(area) > 0)) throw new RangeError(`a map of determinant ${area} has no inverse: expected another`)
  const linear = { xx: yy / area, xy: -xy / area, yx: -yx / area, yy: xx / area }
  return {
    ...linear,
    x0: -(linear.xx * x0 + linear.xy * y0),
    y0: -(linear.yx * x0 + linear.yy * y0),
  }
}

/**
 * Spherical linear interpolation (Shoemake 1985): along the great circle from a to b at constant angular speed. Normal noise
 * of d numbers lies near the sphere of radius sqrt(d); a straight line between two would pass far inside of it.
 *
 * Laws: the angle from a is the share of the whole one; the norm goes straight from |a| to |b|, so that it is kept where the
 * two are equal; shares 0 and 1 are a and b, bit for bit.
 */
import { at } from '../../tensor/axes.ts'

const normOf = (a: Float64Array): number => Math.sqrt(a.reduce((sum, v) => sum + v * v, 0))

/** The angle between directions, exact near 0 and pi too (Kahan 2006): 2 atan2(|u - v|, |u + v|) of the unit vectors. */
const angleOf = (u: Float64Array, v: Float64Array): number =>
  2 * Math.atan2(normOf(u.map((n, i) => n - at(v, i))), normOf(u.map((n, i) => n + at(v, i))))

/** Below it, vectors have one direction as far as rounding can tell, and a straight line is the arc. */
const smallest = 1e-9

/** The point at a share from 0 to 1 of the arc from a to b (Shoemake 1985). Vectors in opposite directions, between which no arc is shortest, are a RangeError. */
export const slerp = (a: Float64Array, b: Float64Array, share: number): Float64Array => {
  if (a.length !== b.length) throw new RangeError(`slerp of ${a.length} and ${b.length} numbers: expected as many`)
  const [lengthA, lengthB] = [normOf(a), normOf(b)]
  const angle = angleOf(
    a.map((v) => v / lengthA),
    b.map((v) => v / lengthB),
  )
  if (angle > Math.PI - smallest) throw new RangeError('slerp between opposite directions: expected an angle below pi')
  const norm = (1 - share) * lengthA + share * lengthB
  const part = (share: number): number => (Math.sin(share * angle) / Math.sin(angle)) * norm
  const [ofA, ofB] = angle > smallest ? [part(1 - share) / lengthA, part(share) / lengthB] : [1 - share, share]
  return a.map((v, i) => ofA * v + ofB * at(b, i))
}

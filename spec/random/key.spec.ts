/** Examples of the key generator: Random123's known answers, and what it refuses. */
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { bits, fold, integer, key, normal, parse, permutation, text, uniform } from '../../src/random/key.ts'
import { threefry } from '../../src/random/threefry.ts'

const block = (k0: number, k1: number, c0: number, c1: number): string => {
  const out = new Uint32Array(2)
  threefry(k0, k1, c0, c1, out, 0)
  return Array.from(out, (word) => word.toString(16).padStart(8, '0')).join(' ')
}

t.test('threefry2x32-20: the known answers of Random123', async (t) => {
  t.equal(block(0, 0, 0, 0), '6b200159 99ba4efe')
  t.equal(block(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff), '1cb996fc bb002be7')
  t.equal(block(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3), 'c4923a9c 483df7a0')
})

t.test('random numbers are pinned, so that existing checkpoints resume with the same noise', async (t) => {
  const k = fold(key(42), 7)
  t.equal(text(k), '9e49857f568c35e8')
  t.same(Array.from(bits(k, 3)), [3657823534, 4064504704, 1241289450])
  t.same(Array.from(uniform(k, 2)), [0.8516534115846548, 0.2890102225220742])
  t.same(Array.from(normal(k, 3)), [-0.47405457574612436, 1.8951728464601918, -0.8284759883965479])
  t.same(Array.from(permutation(k, 8)), [3, 4, 6, 2, 7, 1, 5, 0])
})

t.test('a key has one text form, and other texts are errors of one sentence', async (t) => {
  t.same(parse(text(key(-1))), E.right(key(-1)))
  t.same(parse('123'), E.left('"123" is not a key: expected 16 hexadecimal digits'))
  t.same(E.isLeft(parse('0123456789ABCDEF')), true)
})

t.test(
  'a seed is a safe integer, a child a safe integer of at least 0, a count an integer of at least 0',
  async (t) => {
    t.same(key(0), [0, 0])
    t.same(key(-1), [0xffffffff, 0xffffffff])
    t.same(key(2 ** 32 + 5), [1, 5])
    t.throws(() => key(0.5), /0\.5 is not a seed/)
    t.throws(() => key(2 ** 53), /not a seed/)
    t.throws(() => fold(key(1), -1), /-1 does not number a child/)
    t.throws(() => fold(key(1), 2 ** 53), /does not number a child/)
    t.throws(() => bits(key(1), -1), /cannot draw -1 numbers/)
    t.throws(() => normal(key(1), 1.5), /cannot draw 1\.5 numbers/)
  },
)

t.test('children beyond 2^32 are distinct', async (t) => {
  const numbers = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52, Number.MAX_SAFE_INTEGER]
  t.equal(new Set(numbers.map((n) => text(fold(key(1), n)))).size, numbers.length)
})

t.test('integer: every value below the bound occurs, none beyond', async (t) => {
  const drawn = Array.from({ length: 200 }, (_, i) => integer(fold(key(3), i), 7))
  t.same([...new Set(drawn)].sort(), [0, 1, 2, 3, 4, 5, 6])
})

/** What every operation refuses: the sentence begins with the operation that the user called, the stack with his line. */
import { fileURLToPath } from 'node:url'
import t from 'tap'
import * as T from '../../src/tensor/ops.ts'

const x = T.input('x', [2, 3])
const of = (...shape: readonly number[]): T.Tensor => T.input('v', shape)
const ones = { stride: [1], dilation: [1] }
const unit = { stride: [1], dilation: [1], lhsDilation: [1], low: [0], high: [0] }
const corner = (...start: readonly number[]) => ({ start, step: start.map(() => 1) })
const numbers = (n: number): Float64Array => new Float64Array(n)

type Refusal = readonly [call: () => unknown, sentence: string]

/** A call as in JavaScript, where nothing checks the types. */
const untyped = (f: (...args: never[]) => unknown, ...args: readonly unknown[]): unknown =>
  Reflect.apply(f, undefined, args)

const refusals: Readonly<Record<string, readonly Refusal[]>> = {
  'what is no tensor': [
    [() => untyped(T.matmul, [x], x), 'matmul([2, 3], [2, 3]): argument 1 is a list, expected a tensor'],
    [() => untyped(T.matmul, x, {}), 'matmul([2, 3]): argument 2 is an object, expected a tensor'],
    [() => untyped(T.matmul, 2, x), 'matmul([2, 3]): argument 1 is the number 2, expected a tensor'],
    [() => untyped(T.add, undefined, 2), 'add(): argument 1 is undefined, expected a tensor'],
    [() => untyped(T.where, x, null, 1), 'where([2, 3]): argument 2 is null, expected a tensor'],
    [() => untyped(T.softmax(-1), 'x'), 'softmax(): argument 1 is the string x, expected a tensor'],
    [() => untyped(T.reshape([6])), 'reshape(): expected a tensor, but no argument was given'],
    [
      () => untyped(T.stack(0), [x, undefined]),
      'stack([2, 3]): element 2 of argument 1 is undefined, expected a tensor',
    ],
  ],
  'shapes that do not broadcast': [
    [() => T.add(x, of(2, 4)), 'add([2, 3], [2, 4]): they do not broadcast: axis -1 is 3 and 4'],
    [() => T.where(x, x, of(3, 3)), 'where([2, 3], [2, 3], [3, 3]): they do not broadcast: axis -2 is 2 and 3'],
    [() => T.broadcast([2, 4])(x), 'broadcast([2, 3]): [2, 3] cannot be repeated to [2, 4]'],
    [() => T.broadcast([3])(x), 'broadcast([2, 3]): [2, 3] cannot be repeated to [3]'],
  ],
  'sizes that are no sizes': [
    [() => T.input('v', [0]), 'input(): axis 0 of [0] has size 0, expected a whole number of at least 1'],
    [() => T.input('v', [2, -1]), 'input(): axis 1 of [2, -1] has size -1, expected a whole number of at least 1'],
    [() => T.input('v', [1.5]), 'input(): axis 0 of [1.5] has size 1.5, expected a whole number of at least 1'],
    [() => T.input('v', [Number.NaN]), 'input(): axis 0 of [NaN] has size NaN, expected a whole number of at least 1'],
    [() => T.full(1, [0]), 'full(): axis 0 of [0] has size 0, expected a whole number of at least 1'],
    [() => T.full(1, [-2]), 'full(): axis 0 of [-2] has size -2, expected a whole number of at least 1'],
    [() => T.full(1, [0.5]), 'full(): axis 0 of [0.5] has size 0.5, expected a whole number of at least 1'],
    [() => T.literal(numbers(0), [0]), 'literal(): axis 0 of [0] has size 0, expected a whole number of at least 1'],
    [
      () => T.literal(numbers(6), [-2, -3]),
      'literal(): axis 0 of [-2, -3] has size -2, expected a whole number of at least 1',
    ],
    [
      () => T.literal(numbers(1), [0.5, 2]),
      'literal(): axis 0 of [0.5, 2] has size 0.5, expected a whole number of at least 1',
    ],
    [() => T.literal(numbers(5), [2, 3]), 'literal(): 5 numbers do not fill [2, 3], which has 6'],
    [() => T.reshape([0, 6])(x), 'reshape([2, 3]): axis 0 of [0, 6] has size 0, expected a whole number of at least 1'],
    [
      () => T.reshape([-2, -3])(x),
      'reshape([2, 3]): axis 0 of [-2, -3] has size -2, expected a whole number of at least 1',
    ],
    [
      () => T.reshape([0.5, 12])(x),
      'reshape([2, 3]): axis 0 of [0.5, 12] has size 0.5, expected a whole number of at least 1',
    ],
    [() => T.reshape([5])(x), 'reshape([2, 3]): 6 elements do not fill [5], which has 5'],
    [
      () => T.broadcast([0, 3])(of(1, 3)),
      'broadcast([1, 3]): axis 0 of [0, 3] has size 0, expected a whole number of at least 1',
    ],
    [
      () => T.broadcast([-1, 2, 3])(x),
      'broadcast([2, 3]): axis 0 of [-1, 2, 3] has size -1, expected a whole number of at least 1',
    ],
    [
      () => T.place([0, 3], [corner(0, 0)], [x]),
      'place([2, 3]): axis 0 of [0, 3] has size 0, expected a whole number of at least 1',
    ],
  ],
  concat: [
    [() => T.concat(0)([x, of(2)]), 'concat([2, 3], [2]): [2, 3] and [2] differ beside axis 0'],
    [() => T.concat(-1)([of(3), x]), 'concat([3], [2, 3]): [3] and [2, 3] differ beside axis -1'],
    [() => T.concat(0)([x, of(2, 4)]), 'concat([2, 3], [2, 4]): [2, 3] and [2, 4] differ beside axis 0'],
    [() => T.concat(2)([x, x]), 'concat([2, 3], [2, 3]): axis 2 is outside a shape of 2 axes'],
    [() => T.concat(0)([of(), of()]), 'concat([], []): axis 0 is outside a shape of 0 axes'],
    [() => T.concat(0)([]), 'concat(): at least one tensor is needed'],
  ],
  take: [
    [() => T.take(2, 0, 1)(x), 'take([2, 3]): axis 2 is outside a shape of 2 axes'],
    ...[
      [0, 4],
      [1, 1],
      [2, 1],
      [-4, 3],
      [0.5, 2],
      [0, 1.5],
      [Number.NaN, 2],
    ].map(
      ([from = 0, to = 0]): Refusal => [
        () => T.take(1, from, to)(x),
        `take([2, 3]): elements ${from} to ${to} of axis 1, expected 0 <= from < to <= 3, the size of the axis`,
      ],
    ),
  ],
  slice: [
    [
      () => T.slice({ start: [0], step: [1], size: [2] })(x),
      'slice([2, 3]): start [0], step [1] and size [2] need 2 numbers each, one per axis of [2, 3]',
    ],
    [
      () => T.slice({ start: [0, 0], step: [1, 1], size: [1.5, 1] })(x),
      'slice([2, 3]): start [0, 0], step [1, 1] and size [1.5, 1] must be whole numbers',
    ],
    ...[
      // as large as the whole, but with a step: not the whole
      { start: [0, 0], step: [1, 2], size: [2, 3] },
      { start: [0, 0], step: [0, 1], size: [2, 3] },
      { start: [0, 0], step: [0, 1], size: [1, 3] },
      { start: [0, 0], step: [1, 1], size: [0, 3] },
      { start: [0, -1], step: [1, 1], size: [2, 3] },
      { start: [0, 1], step: [1, 1], size: [2, 3] },
      { start: [1, 0], step: [1, 1], size: [2, 1] },
      { start: [0, 2], step: [1, -1], size: [2, 3] },
    ].map(
      (box): Refusal => [
        () => T.slice(box)(x),
        `slice([2, 3]): start [${box.start.join(', ')}], step [${box.step.join(', ')}], size [${box.size.join(', ')}] leave the shape [2, 3]`,
      ],
    ),
  ],
  place: [
    [
      () => T.place([9, 3], [corner(1, 0), { start: [0, 0], step: [5, 1] }, corner(4, 0)], [x, x, x]),
      'place([2, 3], [2, 3], [2, 3]): boxes 1 and 2 overlap: they start at [0, 0] and [4, 0]',
    ],
    [
      () => T.place([4, 3], [corner(0, 0), corner(1, 0)], [x, x]),
      'place([2, 3], [2, 3]): boxes 0 and 1 overlap: they start at [0, 0] and [1, 0]',
    ],
    [
      () => T.place([3, 3], [{ start: [0, 0], step: [2, 1] }, corner(1, 0)], [x, x]),
      'place([2, 3], [2, 3]): boxes 0 and 1 overlap: they start at [0, 0] and [1, 0]',
    ],
    [
      () => T.place([2, 3], [corner(1, 0)], [x]),
      'place([2, 3]): start [1, 0], step [1, 1], size [2, 3] leave the shape [2, 3]',
    ],
    [
      () => T.place([4, 3], [{ start: [0, 0], step: [4, 1] }], [x]),
      'place([2, 3]): start [0, 0], step [4, 1], size [2, 3] leave the shape [4, 3]',
    ],
    [
      () => T.place([4, 3], [corner(0)], [x]),
      'place([2, 3]): start [0], step [1] and size [2, 3] need 2 numbers each, one per axis of [4, 3]',
    ],
    [
      () => T.place([4, 3], [corner(0, 0)], [x, x]),
      'place([2, 3], [2, 3]): 2 tensors need as many boxes, 1 were given',
    ],
    [() => T.place([4, 3], [], []), 'place(): at least one tensor is needed'],
  ],
  windows: [
    [() => T.windows({ axes: [2], size: [2], ...ones })(x), 'windows([2, 3]): axis 2 is outside a shape of 2 axes'],
    [
      () => T.windows({ axes: [1, -1], size: [2, 2], stride: [1, 1], dilation: [1, 1] })(x),
      'windows([2, 3]): axes [1, -1] name axis 1 twice',
    ],
    [
      () => T.windows({ axes: [1], size: [4], ...ones })(x),
      'windows([2, 3]): windows of [4] with dilation [1] are larger than axes [1] of [2, 3]',
    ],
    [
      () => T.windows({ axes: [1], size: [2, 2], ...ones })(x),
      'windows([2, 3]): size [2, 2], stride [1] and dilation [1] need one number for each of the axes [1]',
    ],
    ...[0, -1, 0.5].map(
      (n): Refusal => [
        () => T.windows({ axes: [1], size: [2], stride: [n], dilation: [1] })(x),
        `windows([2, 3]): size [2], stride [${n}] and dilation [1] must be whole numbers of at least 1`,
      ],
    ),
  ],
  'contract and matmul': [
    [() => T.contract({ sum: [[2, 0]] })(x, x), 'contract([2, 3], [2, 3]): axis 2 is outside a shape of 2 axes'],
    [() => T.contract({ sum: [[0, -3]] })(x, x), 'contract([2, 3], [2, 3]): axis -3 is outside a shape of 2 axes'],
    [
      () =>
        T.contract({
          sum: [
            [1, 1],
            [-1, 0],
          ],
        })(x, x),
      'contract([2, 3], [2, 3]): axes [1, 1] name axis 1 twice',
    ],
    [
      () => T.contract({ batch: [[0, 0]], sum: [[-2, 1]] })(x, x),
      'contract([2, 3], [2, 3]): axes [0, 0] name axis 0 twice',
    ],
    [
      () => T.contract({ sum: [[0, 1]] })(x, x),
      'contract([2, 3], [2, 3]): axis 0 of [2, 3] and axis 1 of [2, 3] differ in size',
    ],
    [
      () => T.matmul(x, x),
      'matmul([2, 3], [2, 3]): the last axis of [2, 3] has size 3, the last axis but one of [2, 3] 2: they must be equal',
    ],
    [
      () => T.matmul(x, of(2)),
      'matmul([2, 3], [2]): the last axis of [2, 3] has size 3, the axis of [2] 2: they must be equal',
    ],
    [
      () => T.matmul(of(3, 4, 5), of(2, 5, 4)),
      'matmul([3, 4, 5], [2, 5, 4]): the leading axes [3] and [2] do not broadcast',
    ],
    [() => T.matmul(of(), x), 'matmul([], [2, 3]): a single number is no matrix, multiply with mul'],
  ],
  'axes twice, missing, fractional': [
    [() => T.flip([0, 0])(x), 'flip([2, 3]): axes [0, 0] name axis 0 twice'],
    [() => T.flip([0, -2])(x), 'flip([2, 3]): axes [0, -2] name axis 0 twice'],
    [() => T.sum([-3])(x), 'sum([2, 3]): axis -3 is outside a shape of 2 axes'],
    [() => T.mean([0.5])(x), 'mean([2, 3]): axis 0.5 is no whole number'],
    [() => T.max([Number.NaN])(x), 'max([2, 3]): axis NaN is no whole number'],
    [() => T.softmax(-3)(x), 'softmax([2, 3]): axis -3 is outside a shape of 2 axes'],
    [() => T.normalise([1, 1], 1)(x), 'normalise([2, 3]): axes [1, 1] name axis 1 twice'],
    [() => T.transpose([1])(x), 'transpose([2, 3]): [1] is no order of 2 axes'],
  ],
  'groups and convolutions': [
    [() => T.groupNormalise(2, 1)(x), 'groupNormalise([2, 3]): 2 groups do not divide 3 channels'],
    [() => T.groupNormalise(0, 1)(x), 'groupNormalise([2, 3]): 0 groups do not divide 3 channels'],
    [() => T.groupNormalise(1, 1)(of(3)), 'groupNormalise([3]): expected [b, ..., c], at least two axes'],
    [() => T.conv(unit)(of(1, 3, 2), of(2, 3, 1)), 'conv([1, 3, 2], [2, 3, 1]): x has 2 channels but w takes 3'],
    [
      () => T.conv(unit)(of(1, 3, 2), of(4, 2, 1)),
      'conv([1, 3, 2], [4, 2, 1]): a kernel of [4] taps is larger than the padded image',
    ],
    [
      () => T.conv(unit)(x, of(2, 3, 1)),
      'conv([2, 3], [2, 3, 1]): expected x [b, 1 spatial axes, cin] and w [1 taps, cin, cout]',
    ],
    [
      () => T.conv({ ...unit, stride: [0] })(of(1, 3, 2), of(2, 2, 1)),
      'conv([1, 3, 2], [2, 2, 1]): stride, dilation and lhsDilation must be whole numbers of at least 1',
    ],
    [
      () => T.conv({ ...unit, low: [0.5] })(of(1, 3, 2), of(2, 2, 1)),
      'conv([1, 3, 2], [2, 2, 1]): padding must be whole numbers',
    ],
  ],
}

const refused = (call: () => unknown): T.ShapeError => {
  try {
    call()
  } catch (error) {
    if (error instanceof T.ShapeError) return error
    throw error
  }
  throw new Error('it was accepted')
}

const here = fileURLToPath(import.meta.url)

/** The first place of a stack outside the package's sources. */
const caller = ({ stack = '' }: Error): string | undefined =>
  stack.split('\n').find((line) => line.startsWith('    at ') && !line.includes('/src/'))

for (const [what, cases] of Object.entries(refusals))
  t.test(
    `${what}: the operation, its shapes and what was expected; the stack leads to the line that called it`,
    (t) => {
      for (const [call, sentence] of cases) {
        const error = refused(call)
        t.equal(error.message, sentence)
        t.ok(caller(error)?.includes(here), `${sentence}: ${caller(error)}`)
        t.equal(
          error.stack?.split('\n').findIndex((line) => line.includes(here)),
          1,
          'it is the first line of the stack',
        )
      }
      t.end()
    },
  )

t.test('an operation that a user names himself answers for what is refused inside it', (t) => {
  const half = T.configured(
    'half',
    (axis: number) =>
      (v: T.Tensor): T.Tensor =>
        T.take(axis, 0, 1)(v),
  )
  const inner = T.operation('inner', (v: T.Tensor): T.Tensor => T.sum(half(5)(v)))
  t.equal(refused(() => inner(x)).message, 'inner([2, 3]): axis 5 is outside a shape of 2 axes')
  t.equal(refused(() => half(5)(x)).message, 'half([2, 3]): axis 5 is outside a shape of 2 axes')
  t.end()
})

/** Where a label shows: printed graphs, kernels, printed plans and shape errors. */
import t from 'tap'
import { planOf } from '../../src/lower/compile.ts'
import { print as printPlan } from '../../src/plan/print.ts'
import * as T from '../../src/tensor/ops.ts'
import { grad } from '../../src/transform/grad.ts'
import { print } from '../../src/transform/print.ts'
import { simplify } from '../../src/transform/simplify.ts'

const [x, w] = [T.input('x', [2, 3]), T.input('w', [3, 4])]
const score = T.label('score')(T.matmul(x, w))
const kernels = (outputs: Readonly<Record<string, T.Tensor>>): readonly string[] =>
  planOf({ outputs }).regions.flatMap((r) => r.kernels.map((k) => k.name))

t.test('a printed graph has the label beside the number of its node', async (t) => {
  t.match(
    print({ y: T.exp(score) }),
    /%(\d+)\.score = label\(%\d+\) \{name: score\} \[2, 4\]\n%\d+ = exp\(%\1\.score\)/,
  )
})

t.test('the kernel and the buffer of what is labelled have its name', async (t) => {
  t.match(kernels({ y: T.softmax(1)(score) }).join(), /score\.\d+/)
  t.match(printPlan(planOf({ outputs: { y: T.softmax(1)(score) } })), /score\.\d+ = x \. w/)
})

t.test('a label on a view names what the view is of, and one on a composite what it ends in', async (t) => {
  const heads = T.label('heads')(T.transpose([1, 0])(T.reshape([4, 2])(T.matmul(x, w))))
  t.match(kernels({ y: T.sum(heads) }).join(), /heads\.\d+/)
  t.match(kernels({ y: T.label('weights')(T.softmax(1)(score)) }).join(), /weights\.\d+/)
})

t.test('a part of a tensor is not the tensor: its label stays off it', async (t) => {
  const whole = T.tanh(T.matmul(x, w))
  t.notMatch(kernels({ y: whole, z: T.label('part')(T.take(0, 0, 1)(whole)) }).join(), /part/)
})

t.test('equal nodes with two names have both', async (t) => {
  const both = T.add(T.label('query')(T.matmul(x, w)), T.exp(T.label('key')(T.matmul(x, w))))
  t.match(kernels({ y: both }).join(), /query = key\.\d+/)
})

t.test('a gradient has the name of what it is the gradient of', async (t) => {
  const g = grad((v: T.Tensor) => T.sum(T.square(T.label('score')(T.matmul(x, v)))))(w)
  t.match(print({ g }), /label\(%\d+\) \{name: gradient of score\}/)
  t.notMatch(print({ g: simplify([g])[0] ?? g }), /label/)
})

t.test('a shape error shows the labels of what was given', async (t) => {
  t.throws(() => T.add(score, T.input('b', [5])), { name: 'ShapeError', message: /^add\(score \[2, 4\], \[5\]\): / })
  t.throws(() => T.label('')(x), { message: 'label([2, 3]): the name is empty, expected a word' })
})

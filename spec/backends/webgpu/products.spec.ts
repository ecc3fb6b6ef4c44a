/** A sample of the products of the presets on an adapter; `products.ts` runs all of them. */
import t from 'tap'
import { at } from '../../../src/tensor/axes.ts'
import { webgpuFound } from '../../webgpuFound.ts'
import { distinctProducts, errorOf, oddProducts, workOf } from './products.ts'

/** Multiply-adds that SwiftShader does in a moment. */
const few = 5e6
const wanted = 8

t.test('products of the presets are right to float32, and write nothing else', await webgpuFound(), async (t) => {
  const all = distinctProducts()
  t.ok(all.length > 200, `${all.length}`)
  const small = all.filter((p) => workOf(p) <= few).toSorted((a, b) => workOf(b) - workOf(a))
  const some = Array.from({ length: wanted }, (_, i) => at(small, Math.floor((i * small.length) / wanted)))
  for (const product of [...oddProducts, ...some])
    for (const shared of [false, true]) {
      const error = await errorOf(product, shared)
      t.ok(error < 1e-6, `${product.name}, ${shared ? 'with another kernel' : 'alone'}: ${error}`)
    }
})

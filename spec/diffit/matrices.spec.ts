/** The matrices inside of the models: what Muon orthogonalises, parameter by parameter. */

import t from 'tap'
import { decodeModel, models } from '../../src/models/models.ts'
import { leavesOf } from '../../src/nn/spec.ts'
import { sizeAt } from '../../src/tensor/axes.ts'

/** Parameters that are no matrices although their shapes look like them: the first and last layers, embeddings, tables. */
const outside =
  /^(tokenizer|head|body\.0|out|x_embedder|final_layer|t_embedder|y_embedder|augment_embedder)\.|relative_position_bias_table$|^((en|de)coder\.conv_(in|out)|(post_)?quant_conv)\./

for (const { name, presets } of models)
  t.test(`${name}: every weight inside is some matrices, nothing else is`, (t) => {
    for (const preset of Object.values(presets)) {
      const model = decodeModel(preset)
      if (model._tag === 'Left') return t.fail(model.left)
      for (const leaf of leavesOf(model.right.spec)) {
        const { shape } = leaf.parameter.file
        const inner = shape.length > 1 && !outside.test(leaf.name)
        const expected = inner ? (leaf.name.includes('.qkv') ? 3 : 1) : 0
        const found = model.right.matrices(leaf)
        if (found !== expected) t.fail(`${leaf.name} ${shape}: ${found}, expected ${expected}`)
        if (sizeAt(shape, 0) % Math.max(1, expected) !== 0) t.fail(`${leaf.name}: ${shape[0]} outputs`)
      }
    }
    t.pass('all leaves of all presets')
    t.end()
  })

/** What `spec/fixtures/vocabulary.py` wrote of PyTorch and NumPy. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import * as io from 'io-ts'

const numbers = io.array(io.number)
const block = io.strict({ shape: numbers, values: numbers })
const fixture = io.strict({
  cases: io.array(
    io.strict({ name: io.string, inputs: io.array(block), y: block, dy: block, gradients: io.array(block) }),
  ),
  known: io.strict({ erf: io.array(io.tuple([io.number, io.number])) }),
  shown: io.array(io.strict({ shape: numbers, values: numbers, text: io.string })),
})

const read = fixture.decode(
  JSON.parse(gunzipSync(readFileSync(new URL('../fixtures/vocabulary.json.gz', import.meta.url))).toString()),
)
if (E.isLeft(read)) throw new Error('vocabulary.json.gz is not what vocabulary.py writes')
export const { cases, known, shown } = read.right

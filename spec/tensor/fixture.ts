/** What `spec/fixtures/vocabulary.py` wrote of PyTorch and NumPy. */
import * as io from 'io-ts'
import { cases as casesOf, fixture, numbers } from '../fixtures/pytorch.ts'

const content = io.strict({
  cases: casesOf,
  known: io.strict({ erf: io.array(io.tuple([io.number, io.number])) }),
  shown: io.array(io.strict({ shape: numbers, values: numbers, text: io.string })),
})

export const { cases, known, shown } = fixture('vocabulary.json.gz', content)

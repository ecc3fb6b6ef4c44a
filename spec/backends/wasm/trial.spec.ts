/** That a mistake in any one function that is tried is found. */
import t from 'tap'
import { assemble } from '../../../backends/wasm/assemble.ts'
import { forms } from '../../../backends/wasm/features.ts'
import { passes, trialText } from '../../../backends/wasm/trial.ts'

const right = trialText(forms.simd)

const verdict = async (text: string): Promise<boolean> =>
  passes(forms.simd, new WebAssembly.Instance(new WebAssembly.Module(await assemble(text))).exports)

/** Subtracts where one function adds for the last time. */
const broken = (name: string): string => {
  const start = right.indexOf(`(func ${name} `)
  const end = right.indexOf('\n)', start)
  const at = right.lastIndexOf('f32x4.add', end)
  if (start < 0 || at < start) throw new Error(`${name} adds nothing`)
  return `${right.slice(0, at)}f32x4.sub${right.slice(at + 'f32x4.add'.length)}`
}

t.test('a correct variant passes', async (t) => t.ok(await verdict(right)))

for (const name of ['$table2', '$rows1', '$rows4', '$panels5', '$columns6', '$transform_input'])
  t.test(`one wrong sum in ${name} is detected`, async (t) => t.notOk(await verdict(broken(name))))

/** Compiles a plan on a backend that may lack memory, and prints the result. */
import { backendNames, backends } from '../../backends/index.ts'
import { planOf } from '../../src/lower/compile.ts'
import { OutOfMemory } from '../../src/plan/errors.ts'
import { input, tanh } from '../../src/tensor/ops.ts'

const [, , name, elements] = process.argv
const backend = backendNames.find((known) => known === name)
if (backend === undefined) throw new Error(`there is no backend ${name}`)
const plan = planOf({ outputs: { y: tanh(input('x', [Number(elements)])) }, state: {} })
try {
  const executable = await backends[backend].compile(plan, { threads: 1 })
  await executable.dispose()
  console.log('{}')
} catch (error) {
  console.log(
    JSON.stringify(error instanceof OutOfMemory ? { ...error, message: error.message } : { error: String(error) }),
  )
}

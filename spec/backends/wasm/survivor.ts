/** Runs a plan whose second thread dies (`dying.ts`), and prints what came of it. */
import { wasm } from '../../../backends/wasm/index.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { BackendLost } from '../../../src/plan/errors.ts'
import { input, tanh } from '../../../src/tensor/ops.ts'

const n = 2 ** 20
const plan = planOf({ outputs: { y: tanh(input('x', [n])) }, state: {} })
const executable = await wasm.compile(plan, { threads: 3, profile: true })
const run = (): Promise<unknown> =>
  executable.run({ x: new Float32Array(n) }).then(
    () => null,
    (error: unknown) => error,
  )
// a thread that claims no tile asks for no time, so the second one may live through a run
let error = await run()
while (error === null) error = await run()
const again = (await run()) === error
await executable.dispose()
console.log(
  JSON.stringify(error instanceof BackendLost ? { ...error, name: error.name, again } : { error: String(error) }),
)

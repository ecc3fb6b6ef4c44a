import t from 'tap'
import { chooseForm, examine, forms, type KernelStatus, kernelStatuses } from '../../../backends/wasm/features.ts'
import { machine, wasmBackend } from '../../../backends/wasm/index.ts'
import { flagsOf, type Machine, notWide } from '../../../backends/wasm/machine.ts'
import { Refusal } from '../../../src/plan/errors.ts'
import { emptyPlan } from '../../plan/emptyPlan.ts'

const able: Machine = { arch: 'x64', v8: '13.6.233.10-node.28', flags: ['sse2', 'fma', 'avx2'], widens: true }

t.test("a processor's flags are those of its first core", async (t) => {
  t.strictSame(flagsOf('processor\t: 0\nflags\t\t: fpu avx2  fma\n\nprocessor\t: 1\nflags\t\t: fpu\n'), [
    'fpu',
    'avx2',
    'fma',
  ])
  t.strictSame(flagsOf('processor\t: 0\nFeatures\t: fp asimd\n'), ['fp', 'asimd'])
  t.equal(flagsOf('nothing of the kind'), null)
})

t.test('obstacles to 256-bit kernels are named; an unknown processor is tried', async (t) => {
  t.equal(notWide(able), null)
  t.equal(notWide({ ...able, flags: null }), null)
  t.match(notWide({ ...able, arch: 'arm64' }), /x64 only/)
  t.match(notWide({ ...able, flags: ['fma', 'avx'] }), /no AVX2/)
  t.match(notWide({ ...able, flags: ['avx2'] }), /no FMA/)
  t.match(notWide({ ...able, v8: '12.4.254' }), /older than V8 13/)
  t.match(notWide({ ...able, widens: false }), /has no --experimental-wasm-revectorize/)
  t.match(notWide({ ...able, widens: null }), /a page cannot set --experimental-wasm-revectorize/)
})

const ok = (name: KernelStatus['name']): KernelStatus => ({ name, verdict: 'ok', why: null })
const narrow: KernelStatus = { name: 'fma256', verdict: 'not available', why: 'the processor has no AVX2' }
const wrong: KernelStatus = { name: 'fma128', verdict: 'miscomputes', why: 'the engine miscomputes 128-bit fma' }

t.test('the first working variant is chosen, with the reasons against those before it', async (t) => {
  t.strictSame(chooseForm([ok('fma256'), ok('fma128'), ok('simd')]), { form: forms.fma256, why: null })
  t.strictSame(chooseForm([narrow, ok('fma128'), ok('simd')]), { form: forms.fma128, why: narrow.why })
  t.strictSame(chooseForm([narrow, wrong, ok('simd')]), { form: forms.simd, why: `${narrow.why}; ${wrong.why}` })
})

t.test('a requested variant is used or refused with the reason', async (t) => {
  t.strictSame(chooseForm([ok('fma256'), ok('fma128')], 'fma128'), { form: forms.fma128, why: 'as asked for' })
  const refused = (asked: string): string => {
    try {
      return chooseForm([narrow, wrong, ok('simd')], asked).form.name
    } catch (error) {
      return error instanceof Refusal ? error.message : `a defect: ${error}`
    }
  }
  t.match(refused('fma256'), 'wasm: kernel fma256 cannot be used here: the processor has no AVX2')
  t.match(refused('fma128'), 'wasm: kernel fma128 cannot be used here: the engine miscomputes 128-bit fma')
  t.match(refused('avx'), 'there is no kernel "avx": DIFFIT_WASM_KERNEL takes fma256, fma128 or simd')
  t.throws(() => chooseForm([narrow, wrong]), /no kernel works here: the processor has no AVX2; the engine miscomputes/)
})

t.test('variants are tested: a wrong product is detected, and one that cannot be widened is not tested', async (t) => {
  const on = await machine()
  const subtracts = {
    ...forms.simd,
    madd: (a: string, b: string, c: string) => `(f32x4.sub (f32x4.mul ${a} ${b}) ${c})`,
  }
  t.match(await examine(subtracts, on), { verdict: 'miscomputes' })
  const unknown = { ...forms.simd, madd: (a: string, b: string, c: string) => `(f32x4.mul ${a} ${b} ${c})` }
  t.match(await examine(unknown, on), { verdict: 'not available', why: 'the engine has no SIMD' }, 'does not validate')
  t.match(await examine(forms.simd, on), { name: 'simd', verdict: 'ok', why: null })
  t.match(await examine(forms.fma256, { ...on, widens: false }), { verdict: 'not available', why: /has no --exp/ })
})

t.test('an executable describes its kernel variant and number of threads', async (t) => {
  const described = async (kernel: string, threads: number): Promise<string> => {
    const executable = await wasmBackend({ kernel }).compile(emptyPlan, { threads })
    await executable.dispose()
    return executable.description
  }
  t.equal(await described('simd', 1), 'wasm (128-bit simd: as asked for), 1 thread')
  const best = await wasmBackend().compile(emptyPlan, { threads: 2 })
  await best.dispose()
  const { why } = chooseForm(await kernelStatuses())
  t.match(best.description, /^wasm \(\d+-bit (fma|simd).*\), 2 threads$/)
  t.equal(best.description.includes(': '), why !== null, 'with the reason where it is not the fastest')
  await t.rejects(described('avx', 1), /there is no kernel "avx"/)
})

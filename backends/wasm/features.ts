/**
 * What the engine can do, found out by trying each form (`trial.ts`) before it is trusted. The choice
 * follows from the engine's features alone, never from timing, because it changes bits.
 */
import { Refusal } from '../../src/plan/errors.ts'
import { assemble } from './assemble.ts'
import { host } from './host.ts'
import { type Machine, notWide } from './machine.ts'
import { fused, plain } from './math.ts'
import type { Form } from './microkernel.ts'
import { passes, trialText } from './trial.ts'

export type KernelName = Form['name']

/** Fastest first. */
export const forms: Readonly<Record<KernelName, Form>> = {
  fma256: { name: 'fma256', width: 16, madd: fused },
  fma128: { name: 'fma128', width: 8, madd: fused },
  simd: { name: 'simd', width: 8, madd: plain },
}

/** How the forms are called when people read it, and the part of the engine that each stands on. */
export const words: Readonly<Record<KernelName, { readonly name: string; readonly needs: string }>> = {
  fma256: { name: '256-bit fma', needs: 'relaxed SIMD' },
  fma128: { name: '128-bit fma', needs: 'relaxed SIMD' },
  simd: { name: '128-bit simd', needs: 'SIMD' },
}

/** As the form wants it: pairs are widened where it is made of them. */
export const compileFor = ({ name }: Form, binary: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> =>
  host.compile(binary, name === 'fma256')

type Exports = WebAssembly.Instance['exports']

/** What is tried of the form, as a module; null where the engine does not know its instructions. */
const probe = async (form: Form): Promise<Exports | null> => {
  const binary = await assemble(trialText(form))
  if (!WebAssembly.validate(binary)) return null
  return (await WebAssembly.instantiate(await compileFor(form, binary))).exports
}

/** What was found out about one form; `why` is null where it is ok. */
export interface KernelStatus {
  readonly name: KernelName
  readonly verdict: 'ok' | 'miscomputes' | 'not available'
  readonly why: string | null
}

/** Tries one form out on a machine. */
export const examine = async (form: Form, on: Machine): Promise<KernelStatus> => {
  const { name } = form
  const narrow = name === 'fma256' ? notWide(on) : null
  if (narrow !== null) return { name, verdict: 'not available', why: narrow }
  const exports = await probe(form)
  if (exports === null) return { name, verdict: 'not available', why: `the engine has no ${words[name].needs}` }
  if (passes(form, exports)) return { name, verdict: 'ok', why: null }
  return { name, verdict: 'miscomputes', why: `the engine miscomputes ${words[name].name}` }
}

/** The form to compute with, and why it is not the fastest one (null where it is). */
export interface FormChoice {
  readonly form: Form
  readonly why: string | null
}

const list = new Intl.ListFormat('en-GB', { type: 'disjunction' })
const isKernelName = (name: string): name is KernelName => Object.hasOwn(forms, name)

/** The first form that is ok or, where one was asked for, that one and no other. */
export const chooseForm = (statuses: readonly KernelStatus[], asked?: string): FormChoice => {
  if (asked !== undefined && !isKernelName(asked))
    throw new Refusal(
      `wasm: there is no kernel "${asked}": DIFFIT_WASM_KERNEL takes ${list.format(Object.keys(forms))}`,
    )
  const wanted = statuses.filter((f) => asked === undefined || f.name === asked)
  const reasons = (xs: readonly KernelStatus[]): string => [...new Set(xs.flatMap(({ why }) => why ?? []))].join('; ')
  const at = wanted.findIndex((f) => f.verdict === 'ok')
  const found = wanted[at]
  if (found === undefined)
    throw new Refusal(
      asked === undefined
        ? `wasm: no kernel works here: ${reasons(wanted)}`
        : `wasm: kernel ${asked} cannot be used here: ${reasons(wanted)} (without DIFFIT_WASM_KERNEL the best one is taken)`,
    )
  return { form: forms[found.name], why: asked === undefined ? reasons(wanted.slice(0, at)) || null : 'as asked for' }
}

const names = Object.keys(forms).filter(isKernelName)
const examined = new Map<KernelName, Promise<KernelStatus>>()

/** A form is examined once a process. */
const statusOf = (name: KernelName): Promise<KernelStatus> => {
  const found = examined.get(name) ?? host.machine().then((on) => examine(forms[name], on))
  examined.set(name, found)
  return found
}

export const kernelStatuses = (): Promise<readonly KernelStatus[]> => Promise.all(names.map(statusOf))

/** What `chooseForm` says of this machine; forms that it would not look at are not tried out. */
export const chosen = async (asked?: string): Promise<FormChoice> => {
  const seen: KernelStatus[] = []
  for (const name of names) {
    if (asked !== undefined && asked !== name) continue
    seen.push(await statusOf(name))
    if (seen.at(-1)?.verdict === 'ok') break
  }
  return chooseForm(seen, asked)
}

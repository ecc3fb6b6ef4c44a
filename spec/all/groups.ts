/**
 * Test files that run one after another in one process: to start one for each, to load the library into it and to wait
 * until its code is compiled takes longer than most of them. `.taprc` leaves them out; `npx tap FILE` runs one by itself.
 */
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'

export const groups = {
  units: [
    'spec/{classification,codec,data,diffit,evaluation,io,lower,models,nn,plan,random,tensor,transform}/**/*.spec.ts',
    'spec/interchange/{modelCard,told}.spec.ts',
    'properties/{augment,axes,boxes,classification,compare,convolution,cpu,data,detach,finite,gpu,io,label,latent}.property.ts',
    'properties/{matmul,profile,random,session,ties,trace,vocabulary}.property.ts',
    'properties/{diffit,diffusion,nn,train}.**.property.ts',
    'properties/{diffusion,evaluation,nn,train}.property.ts',
  ],
  laws: [
    'properties/{engine,gradients,gradients.checker,math,products,state,sums,wasm,winograd}.property.ts',
    'spec/{check,diffusion,train}/**/*.spec.ts',
  ],
  runs: [
    'spec/cli/{augment,classifier,compare,cooldown,damage,discreteAndFlow,earlier,grid,resume,sample,train,untrained}.spec.ts',
    'spec/cli/{objectives,run,sample,settings}/**/*.spec.ts',
  ],
} as const

/** Runs the files of a group. */
export const runGroup = async (name: keyof typeof groups): Promise<void> => {
  for (const pattern of groups[name]) {
    const files = globSync(pattern).sort()
    t.ok(files.length > 0, `${pattern}: ${files.length} files`)
    for (const file of files) {
      // a folder for each: what a file puts there outside of its tests is there until the last of them
      t.testdirName = resolve('.tap/fixtures', file.replaceAll('/', '-'))
      await import(resolve(file))
    }
  }
}

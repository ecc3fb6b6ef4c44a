/** Options without `--` before them, which npm keeps. */
import t from 'tap'
import { flagsOf } from '../../../src/cli/settings/flags.ts'
import type { CommandName } from '../../../src/cli/settings/option.ts'
import { swallowed } from '../../../src/cli/settings/swallowed.ts'
import { startIn } from '../processes.ts'

const said = (command: CommandName, words: readonly string[], settings: Readonly<Record<string, string>>) =>
  swallowed(command, flagsOf(command), {
    words,
    env: { npm_lifecycle_event: command, ...settings },
    takesWords: command === 'parity',
  })

t.test('options that npm kept are named, with where they belong', async (t) => {
  t.equal(
    said('train', ['5'], { npm_config_minutes: 'true' }),
    'npm kept --minutes for itself: give options after --: npm run train -- --minutes <m>',
  )
  t.equal(
    said('train', ['runs/a'], { npm_config_resume: 'true', npm_config_save_every: '5' }),
    'npm kept --save-every and --resume for itself: give options after --: npm run train -- --save-every <seconds> --resume <dir>',
  )
  t.equal(
    said('doctor', [], { npm_config_json: 'true' }),
    'npm kept --json for itself: give options after --: npm run doctor -- --json',
  )
})

t.test('bare words are no options', async (t) => {
  t.match(said('sample', ['runs/a'], {}), /^"runs\/a" is not an option of sample: .*npm run sample -- --run <dir>$/)
})

t.test('a command that takes a file takes it from npm too', async (t) => {
  t.equal(said('parity', ['case.safetensors'], {}), null)
  t.match(said('parity', ['case.safetensors', 'cpu'], { npm_config_backend: 'true' }), /^npm kept --backend for itself/)
  const env = { npm_lifecycle_event: 'parity' }
  const { code, out, err } = await startIn(env, 'parity', 'spec/fixtures/unconditional.safetensors', '--backend', 'cpu')
    .ended
  t.equal(code, 0, err)
  t.match(out, /relative errors of a case on cpu/)
})

t.test('options after -- are heard, and other settings of npm mean nothing', async (t) => {
  t.equal(said('train', ['--minutes', '5'], { npm_config_user_agent: 'npm', npm_config_cache: '/tmp' }), null)
  t.equal(said('train', ['--json'], {}), null)
  t.equal(said('doctor', ['--json'], { npm_config_json: 'true' }), null, 'given as it should be')
  t.equal(said('train', ['--minutes=5'], { npm_config_minutes: 'true' }), null)
  t.equal(said('train', ['5'], { npm_lifecycle_event: 'other', npm_config_minutes: 'true' }), null, 'not run by npm')
})

t.test('the command line refuses them', async (t) => {
  const env = { npm_lifecycle_event: 'train', npm_config_minutes: 'true' }
  const { code, err } = await startIn(env, 'train', '5').ended
  t.equal(code, 1)
  t.equal(err, 'error: npm kept --minutes for itself: give options after --: npm run train -- --minutes <m>\n')
})

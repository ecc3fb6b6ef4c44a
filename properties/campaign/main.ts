/** `npm run campaign`: checks that run for minutes or hours, each a subcommand. */
import { Command } from 'commander'
import { report } from '../../src/cli/errors.ts'
import { fuzzCommand } from './fuzz/command.ts'

/** Each adds its subcommand. */
const campaigns: readonly ((program: Command) => Command)[] = [fuzzCommand]

const program = new Command('campaign')
  .description('Checks that run for minutes or hours; exit code 1 where one fails')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 1))
for (const add of campaigns) add(program)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${report(error).text}\n`)
  process.exitCode = 1
}

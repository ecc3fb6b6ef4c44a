/**
 * The command line as the reader of a message types it: by an npm script in the repository, whose programs are TypeScript,
 * by the package's command where it is installed. Every message that names a command is made with it.
 * @param program the file that Node was started with
 */
export const invocation = (command: string, args: string, program: string | undefined = process.argv[1]): string =>
  program?.endsWith('.js') === true ? `npx diffit ${command} ${args}` : `npm run ${command} -- ${args}`

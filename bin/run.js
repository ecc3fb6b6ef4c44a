/** `node bin/run.js FILE ARGUMENTS`: how npm scripts start a TypeScript file. */
import { resolve } from 'node:path'
import { start } from './start.js'

const [path = '', ...args] = process.argv.slice(2)
start(resolve(path), args)

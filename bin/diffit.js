#!/usr/bin/env node
/** The package's `diffit` command. */
import { fileURLToPath } from 'node:url'
import { start } from './start.js'

start(fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url)), process.argv.slice(2))

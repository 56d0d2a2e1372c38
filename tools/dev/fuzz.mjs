#!/usr/bin/env node
// @ts-check
// Builds the fuzzer where it has changed and runs it: `npm run fuzz -- --help`.
import { runTool } from './src/run-tool.mjs'
import { runMain } from './src/say.mjs'

await runMain(() => runTool('fuzz'))

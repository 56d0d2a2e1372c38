#!/usr/bin/env node
// @ts-check
// Builds the simulator where it has changed and runs it: `npm run simulate -- --help`.
import { runTool } from './src/run-tool.mjs'
import { runMain } from './src/say.mjs'

await runMain(() => runTool('simulator'))

#!/usr/bin/env node
// @ts-check
// Builds the benches where they have changed and runs them: `npm run bench -- --list`.
import { runTool } from './src/run-tool.mjs'
import { runMain } from './src/say.mjs'

await runMain(() => runTool('bench'))

// @ts-check
// Builds the fuzzer where it has changed and runs it: `npm run fuzz -- --help`.
import { runTool } from '../run-tool.mjs'
import { runMain } from '../say.mjs'

await runMain(() => runTool('fuzz'))

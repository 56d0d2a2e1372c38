// @ts-check
// Builds the simulator where it has changed and runs it: `npm run simulate -- --help`.
import { runTool } from '../run-tool.mjs'
import { runMain } from '../say.mjs'

await runMain(() => runTool('simulator'))

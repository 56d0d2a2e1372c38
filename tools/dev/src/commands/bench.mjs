// @ts-check
// Builds the benches where they have changed and runs them: `npm run bench -- --list`.
import { runTool } from '../run-tool.mjs'
import { runMain } from '../say.mjs'

await runMain(() => runTool('bench'))

// @ts-check
/** `npm run build`: installs what is missing and builds what has changed. */
import { build, checkNode, installPackages } from './src/install.mjs'
import { runMain } from './src/say.mjs'

await runMain(async () => {
  checkNode()
  await installPackages()
  await build()
})

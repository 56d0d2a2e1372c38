// @ts-check
/** `npm run build`: installs what is missing and builds what has changed. */
import { build, installPackages } from '../install.mjs'
import { runMain } from '../say.mjs'

await runMain(async () => {
  await installPackages()
  await build()
})

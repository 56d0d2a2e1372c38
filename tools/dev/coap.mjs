// @ts-check
import { begin } from './src/node-version.mjs'

begin(async () => {
  // the command needs a package before its first line
  const { installPackages } = await import('./src/install.mjs')
  const { runMain } = await import('./src/say.mjs')
  await runMain(installPackages)
  return import('./src/commands/coap.mjs')
})

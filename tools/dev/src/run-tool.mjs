// @ts-check
import { spawn } from 'node:child_process'
import process from 'node:process'
import { installPackages } from './install.mjs'
import { inRoot, quietEnvironment } from './layout.mjs'
import { run } from './run.mjs'
import { Complaint } from './say.mjs'

/**
 * Installs what is missing, builds a tool where it has changed, runs it with this command's arguments, and ends as it ends. The tool's channel to us ends with us: that tells
 * it that nobody is left to stop it.
 * @param {string} name the folder in `tools`
 */
export async function runTool(name) {
  await installPackages()
  const built = await run(process.execPath, [
    inRoot('node_modules/nx/dist/bin/nx.js'),
    'build',
    `@fieldline/tool-${name}`,
    '--outputStyle=static',
  ])
  if (built.code !== 0) throw new Complaint(`tools/${name} could not be built:\n${built.output.trim()}`)
  const child = spawn(process.execPath, [inRoot('tools', name, 'dist/main.js'), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...quietEnvironment },
  })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => child.kill(signal))
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve(status ?? (signal ? 128 : 1)))
  })
  process.exit(Number(code))
}

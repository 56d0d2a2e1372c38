// @ts-check
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { inRoot } from './layout.mjs'
import { run } from './run.mjs'
import { Complaint, say } from './say.mjs'

/** @typedef {(child: import('node:child_process').ChildProcess) => void} OnStart */

/** Installs the packages of the lockfile where they are missing or were installed for another lockfile. @param {OnStart} [onStart] */
export async function installPackages(onStart) {
  const stamp = inRoot('node_modules', '.fieldline-lock')
  const lock = createHash('sha256')
    .update(readFileSync(inRoot('package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  say('installing packages (once; a minute or two)')
  const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    onStart,
  })
  if (code !== 0) {
    throw new Complaint(
      `npm ci failed:\n${output.trim()}\nCheck that the package registry can be reached, then run the command again.`,
    )
  }
  writeFileSync(stamp, lock)
  say('packages installed')
}

/** Not needed to run anything else: they are built when they are called. */
const instruments = '@fieldline/tool-bench,@fieldline/tool-fuzz'

/** Builds what has changed since the last build. @param {OnStart} [onStart] */
export async function build(onStart) {
  say('building (only what has changed)')
  const { code, output } = await run(
    process.execPath,
    [
      inRoot('node_modules/nx/dist/bin/nx.js'),
      'run-many',
      '-t',
      'build',
      '--parallel=2',
      '--outputStyle=static',
      `--exclude=${instruments}`,
    ],
    { onStart },
  )
  if (code !== 0) throw new Complaint(`The build failed:\n${output.trim().split('\n').slice(-60).join('\n')}`)
  say('built')
}

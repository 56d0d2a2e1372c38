// @ts-check
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivate } from './secrets.mjs'
import { Complaint } from './say.mjs'

const OURS = ['pg', 'pg.password', 'logs', 'credentials.json', 'secrets.json', 'fleet.json', 'run.json']

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * Opens the data folder for this process alone, after forgetting what is in it if `reset` says so.
 * @param {string} folder
 * @param {boolean} reset
 */
export function openDataFolder(folder, reset) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Complaint(
      `The data folder ${folder} cannot be written (${/** @type {NodeJS.ErrnoException} */ (error).code}); give --data-dir another one.`,
    )
  }
  const runPath = join(folder, 'run.json')
  if (existsSync(runPath)) {
    const { pid } = readRun(folder)
    if (pid && pid !== process.pid && isAlive(pid) && isSupervisor(pid)) {
      throw new Complaint(
        `Fieldline is running from ${folder} already (process ${pid}); stop it first, or give --data-dir another folder.`,
      )
    }
  }
  if (reset) for (const name of OURS) rmSync(join(folder, name), { recursive: true, force: true })
  writePrivate(runPath, { pid: process.pid })
}

/** @param {number} pid */
function isSupervisor(pid) {
  if (process.platform !== 'linux') return true
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start.mjs')
  } catch {
    return false
  }
}

/**
 * What the running supervisor left for other commands: addresses and process ids.
 * @param {string} folder
 * @returns {{ pid?: number, databaseUrl?: string, console?: string, api?: string, coap?: string, pids?: Record<string, number> }}
 */
export function readRun(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))
  } catch {
    return {}
  }
}

/** @param {string} folder @param {ReturnType<typeof readRun>} facts */
export function writeRun(folder, facts) {
  writePrivate(join(folder, 'run.json'), facts)
}

/** Says that nothing runs from this folder any more, if it was this process that did. @param {string} folder */
export function forgetRun(folder) {
  try {
    if (readRun(folder).pid === process.pid) writeRun(folder, {})
  } catch {
    // a full disk or a removed folder: a process id that is gone says as much
  }
}

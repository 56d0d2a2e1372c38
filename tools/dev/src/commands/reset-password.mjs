// @ts-check
/**
 * `npm run reset-password -- [EMAIL] [--data-dir DIR]`: gives a person (default: the first sign-in) a new password and ends their sessions. Works
 * beside a running Fieldline, or with DATABASE_URL. The new password goes to the terminal; that of the first sign-in also into credentials.json,
 * so that it may be set without one.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readRun } from '../data-folder.mjs'
import { inRoot } from '../layout.mjs'
import { readDatabaseUrl } from '../options.mjs'
import { Complaint, runMain } from '../say.mjs'
import { loadSecrets, writePrivate } from '../secrets.mjs'

const usage = 'npm run reset-password -- [EMAIL] [--data-dir DIR]'

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: { 'data-dir': { type: 'string' } } })
  } catch (error) {
    throw new Complaint(`${/** @type {Error} */ (error).message}\n\n${usage}`)
  }
}

await runMain(async () => {
  const { values, positionals } = readArguments()
  const dataDir = values['data-dir'] ? resolve(values['data-dir']) : inRoot('.data')
  const databaseUrl = readDatabaseUrl(process.env) ?? readRun(dataDir).databaseUrl
  if (!databaseUrl)
    throw new Complaint(
      'Fieldline is not running from this data folder: start it first (npm start), or give DATABASE_URL.',
    )
  const { credentials, credentialsPath } = loadSecrets(dataDir)
  const email = positionals[0] ?? credentials.email
  const isFirst = email === credentials.email
  const onTerminal = process.stdout.isTTY
  // asked before anything is changed: a password that nobody is shown locks its owner out
  if (!isFirst && !onTerminal)
    throw new Complaint(
      `Nothing was changed: the new password of ${email} would be shown on a terminal only, and this is none.`,
    )
  const password = randomBytes(12).toString('base64url')
  const child = spawn(process.execPath, [inRoot('apps/api/dist/reset-password.js'), email], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  child.stdin.end(password)
  const code = await new Promise((done) => child.once('exit', done))
  if (code !== 0) throw new Complaint('The password was not changed.')
  if (isFirst) writePrivate(credentialsPath, { ...credentials, password })
  if (onTerminal) console.log(`${email} signs in with  ${password}`)
  else console.log(`The new password of ${email} is in ${credentialsPath}.`)
})

// @ts-check
/**
 * `npm run reset-password -- [EMAIL] [--data-dir DIR]`: gives a person (default: the first sign-in) a new password and ends their sessions. Works
 * beside a running Fieldline, or with DATABASE_URL. The new password goes to the terminal, or into credentials.json where there is none.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readRun } from '../data-folder.mjs'
import { inRoot } from '../layout.mjs'
import { Complaint, runMain } from '../say.mjs'
import { loadSecrets, writePrivate } from '../secrets.mjs'

await runMain(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'data-dir': { type: 'string' } },
  })
  const dataDir = values['data-dir'] ? resolve(values['data-dir']) : inRoot('.data')
  const databaseUrl = process.env.DATABASE_URL ?? readRun(dataDir).databaseUrl
  if (!databaseUrl)
    throw new Complaint(
      'Fieldline is not running from this data folder: start it first (npm start), or give DATABASE_URL.',
    )
  const { credentials, credentialsPath } = loadSecrets(dataDir)
  const email = positionals[0] ?? credentials.email
  const password = randomBytes(12).toString('base64url')
  const child = spawn(process.execPath, [inRoot('apps/api/dist/reset-password.js'), email], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  child.stdin.end(password)
  const code = await new Promise((done) => child.once('exit', done))
  if (code !== 0) throw new Complaint('The password was not changed.')
  if (email === credentials.email) writePrivate(credentialsPath, { ...credentials, password })
  if (process.stdout.isTTY) console.log(`${email} signs in with  ${password}`)
  else if (email === credentials.email)
    console.log(`The new password of ${email} is in ${join(dataDir, 'credentials.json')}.`)
  else
    throw new Complaint(
      `The password of ${email} was changed, but it is shown on a terminal only: run this in one.`,
    )
})

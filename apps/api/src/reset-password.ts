/** `node dist/reset-password.js EMAIL` with DATABASE_URL; the new password comes on standard input, so that it appears in no process list. */
import { text } from 'node:stream/consumers'
import { ConfigurationError, readEnvironment } from '@fieldline/process'
import { openDatabase } from '@fieldline/store'
import { resetPassword } from './auth/first-sign-in.js'

const LEAST_LENGTH = 12

try {
  const email = process.argv[2]
  const password = (await text(process.stdin)).trim()
  if (!email) throw new ConfigurationError('Give the e-mail address whose password is to be reset.')
  if (password.length < LEAST_LENGTH)
    throw new ConfigurationError(`A password has at least ${LEAST_LENGTH} characters.`)
  const database = openDatabase(readEnvironment().text('DATABASE_URL'), { connections: 2 })
  try {
    if (!(await resetPassword(database, email, password)))
      throw new ConfigurationError(`Nobody signs in as ${email}.`)
  } finally {
    await database.close()
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

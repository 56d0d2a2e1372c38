import { createHash, randomUUID } from 'node:crypto'
import { hashPassword } from 'better-auth/crypto'
import { readEnvironment } from '@fieldline/process'
import { ApiKeyRepository, defaultOrganisationId } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import type { Configuration } from '../configuration.js'

const KEY_NAME = 'First key'

/**
 * Makes the first sign-in and the first API key known, unless they are. Where their file was just made anew (FIRST_SIGN_IN_IS_NEW=1: the
 * earlier one was lost) but the person is known, the password becomes the file's and earlier first keys are revoked.
 */
export async function ensureFirstSignIn(
  database: Database,
  firstSignIn: Configuration['firstSignIn'],
  isNew = readEnvironment().optional('FIRST_SIGN_IN_IS_NEW') === '1',
): Promise<void> {
  if (!firstSignIn) return
  const { email, password, apiKey } = firstSignIn
  const { prisma } = database
  const hash = createHash('sha256').update(apiKey).digest()
  const known = await prisma.user.findUnique({ where: { email } })
  if (!known) await createAdministrator(database, email, password)
  // only while the file's key is unknown: when this process starts again, a password changed since must stay
  else if (isNew && !(await prisma.apiKey.findUnique({ where: { hash } }))) {
    await resetPassword(database, email, password)
    await prisma.apiKey.updateMany({
      where: { organisationId: defaultOrganisationId, name: KEY_NAME, revokedAt: null },
      data: { revokedAt: new Date() },
    })
  }
  // last, as it marks the rest as done
  await new ApiKeyRepository(database).ensure(defaultOrganisationId, apiKey, KEY_NAME, 'admin')
}

async function createAdministrator(database: Database, email: string, password: string): Promise<void> {
  const userId = randomUUID()
  await database.prisma.user.create({
    data: {
      id: userId,
      email,
      name: 'Administrator',
      emailVerified: true,
      role: 'admin',
      accounts: {
        create: {
          id: randomUUID(),
          accountId: userId,
          providerId: 'credential',
          password: await hashPassword(password),
        },
      },
    },
  })
}

/** Sets a new password and ends every session of that person. False if nobody has this e-mail. */
export async function resetPassword(database: Database, email: string, password: string): Promise<boolean> {
  const user = await database.prisma.user.findUnique({ where: { email } })
  if (!user) return false
  await database.prisma.$transaction([
    database.prisma.account.updateMany({
      where: { userId: user.id, providerId: 'credential' },
      data: { password: await hashPassword(password) },
    }),
    database.prisma.session.deleteMany({ where: { userId: user.id } }),
  ])
  return true
}

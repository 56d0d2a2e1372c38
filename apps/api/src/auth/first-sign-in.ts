import { randomUUID } from 'node:crypto'
import { hashPassword } from 'better-auth/crypto'
import { ApiKeyRepository, defaultOrganisationId } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import type { Configuration } from '../configuration.js'

/** Makes the first sign-in and the first API key known, unless they are. */
export async function ensureFirstSignIn(
  database: Database,
  firstSignIn: Configuration['firstSignIn'],
): Promise<void> {
  if (!firstSignIn) return
  const { email, password, apiKey } = firstSignIn
  await new ApiKeyRepository(database).ensure(defaultOrganisationId, apiKey, 'First key', 'admin')
  if (await database.prisma.user.findUnique({ where: { email } })) return
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

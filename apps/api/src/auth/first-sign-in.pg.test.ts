import { randomUUID } from 'node:crypto'
import { verifyPassword } from 'better-auth/crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiKeyRepository, openDatabase } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { ensureFirstSignIn, resetPassword } from './first-sign-in.js'

let database: Database
const email = `first-${randomUUID()}@example.test`
const file = (n: number): { email: string; password: string; apiKey: string } => ({
  email,
  password: `password of file ${n}`,
  apiKey: `flk_${randomUUID()}`,
})
const [lost, current] = [file(1), file(2)]
const opens = async (password: string): Promise<boolean> => {
  const { accounts } = await database.prisma.user.findUniqueOrThrow({
    where: { email },
    include: { accounts: true },
  })
  return verifyPassword({ hash: accounts[0]?.password ?? '', password })
}
const isValid = async (key: string): Promise<boolean> =>
  (await new ApiKeyRepository(database).find(key)) !== undefined

beforeAll(() => {
  database = openDatabase(process.env.DATABASE_URL ?? '')
})
afterAll(() => database.close())

it('makes the first sign-in and its key known', async () => {
  await ensureFirstSignIn(database, lost, true)
  expect(await opens(lost.password)).toBe(true)
  expect(await isValid(lost.apiKey)).toBe(true)
})

it('leaves a password alone that was changed since, also when the process starts again', async () => {
  await resetPassword(database, email, 'changed in the console')
  await ensureFirstSignIn(database, lost, true)
  await ensureFirstSignIn(database, lost, false)
  expect(await opens('changed in the console')).toBe(true)
})

it('follows the file when that was lost and made anew: its password opens, earlier first keys do not', async () => {
  await ensureFirstSignIn(database, current, true)
  expect(await opens(current.password)).toBe(true)
  expect(await isValid(current.apiKey)).toBe(true)
  expect(await isValid(lost.apiKey)).toBe(false)
})

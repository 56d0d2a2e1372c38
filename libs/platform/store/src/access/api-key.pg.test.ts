import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { useOrganisation } from '../test-organisation.test-support.js'
import { ApiKeyRepository } from './api-key-repository.js'

const { database, organisationId } = useOrganisation()

it('a key that is used often is written once a minute, and one that was revoked is unknown', async () => {
  const keys = new ApiKeyRepository(database)
  const key = `flk_${randomUUID()}`
  await keys.ensure(organisationId, key, 'Partner', 'viewer')
  const row = async () => {
    const { rows } = await database.pool.query(
      'SELECT xmin::text, last_used_at FROM api_key WHERE organisation_id = $1',
      [organisationId],
    )
    return rows[0]
  }
  await expect(keys.find(key)).resolves.toMatchObject({ organisationId, name: 'Partner', role: 'viewer' })
  const first = await row()
  expect(first.last_used_at).toBeInstanceOf(Date)
  await keys.find(key)
  expect(await row()).toEqual(first)
  await database.pool.query('UPDATE api_key SET revoked_at = now() WHERE organisation_id = $1', [
    organisationId,
  ])
  await expect(keys.find(key)).resolves.toBeUndefined()
})

import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { auditRecord } from '@fieldline/access'
import { DomainError } from '@fieldline/contracts'
import { RegistrationRepository } from '../conversations/registration-repository.js'
import { inTransaction } from '../database.js'
import { DeviceRepository } from '../devices/device-repository.js'
import { InventoryRepository } from '../devices/inventory-repository.js'
import { useOrganisation } from '../test-organisation.test-support.js'
import { CredentialRepository } from './credential-repository.js'
import { SealBroken, createSealer } from './sealer.js'
import { SessionRepository } from './session-repository.js'
import type { SessionRow } from './session-repository.js'
import { Unproven } from './unproven.js'

const { database, organisationId, device } = useOrganisation()
const sealer = createSealer(randomBytes(32).toString('base64'))
const credentials = new CredentialRepository(database, sealer)
const sessions = new SessionRepository(database, sealer)
const inventory = new InventoryRepository(database, credentials)
const devices = new DeviceRepository(database)
const registrations = new RegistrationRepository(database)
const now = Date.now()
const key = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
const audit = auditRecord(
  {
    actor: { kind: 'system', id: 't', name: 't', organisationId, role: 'admin' },
    action: 'device.create',
    subject: { kind: 'device', id: 'x' },
    where: { via: 'worker' },
  },
  now,
)
/** A new device with a key under an identity of its own. */
async function secured(): Promise<{ deviceId: string; endpoint: string; identity: string }> {
  const endpoint = `secured-${randomUUID()}`
  const identity = `psk:${Buffer.from(endpoint).toString('base64url')}`
  const deviceId = await inventory.create(organisationId, { endpoint }, audit, now, { identity, key })
  return { deviceId, endpoint, identity }
}
const put = (
  deviceId: string,
  credential: { identity: string; key: Uint8Array } | null,
  at = now,
): Promise<boolean> =>
  inTransaction(database.pool, (client) =>
    credentials.put(client, { organisationId, deviceId }, credential, at),
  )
const stored = async (): Promise<SessionRow[]> => {
  const rows: SessionRow[] = []
  for await (const row of sessions.all(() => undefined))
    if (row.organisationId === organisationId) rows.push(row)
  return rows
}

describe('a key', () => {
  it('is found by its identity and stands in no row as it is', async () => {
    const { deviceId, identity } = await secured()
    const found = await credentials.byIdentity(organisationId, identity)
    expect(found).toMatchObject({ deviceId, organisationId })
    expect(Buffer.from(found?.key ?? [])).toEqual(key)
    const { rows } = await database.pool.query('SELECT sealed FROM credential WHERE device_id = $1', [
      deviceId,
    ])
    expect((rows[0].sealed as Buffer).includes(key)).toBe(false)
    expect(await credentials.byIdentity(randomUUID(), identity)).toBeUndefined()
  })

  it('does not open in the row of another device, nor with another STORE_KEY', async () => {
    const [one, other] = [await secured(), await secured()]
    await database.pool.query(
      'UPDATE credential SET sealed = (SELECT sealed FROM credential WHERE device_id = $1) WHERE device_id = $2',
      [one.deviceId, other.deviceId],
    )
    await expect(credentials.byIdentity(organisationId, other.identity)).rejects.toThrow(SealBroken)
    const elsewhere = new CredentialRepository(database, createSealer(randomBytes(32).toString('base64')))
    await expect(elsewhere.byIdentity(organisationId, one.identity)).rejects.toThrow('STORE_KEY')
  })

  it('belongs to one device', async () => {
    const [one, other] = [await secured(), await secured()]
    await expect(put(other.deviceId, { identity: one.identity, key })).rejects.toThrow(DomainError)
    expect((await credentials.byIdentity(organisationId, other.identity))?.deviceId).toBe(other.deviceId)
  })

  it('takes the sessions of the one before with it, and its failures', async () => {
    const { deviceId, endpoint, identity } = await secured()
    const session = { name: randomUUID(), organisationId, deviceId, since: now, generation: 1, snapshot: key }
    await sessions.store([session], now)
    const counted = { deviceId, handshakes: 0, resumptions: 0, migrations: 0 }
    const failed = { failure: 'wrong-key-suspected', at: now }
    await credentials.note([{ ...counted, failed }])
    expect((await devices.byEndpoint(organisationId, endpoint))?.security).toMatchObject({
      failure: 'wrong-key-suspected',
      failureAt: now,
    })
    await put(deviceId, { identity, key: randomBytes(16) }, now + 1)
    expect((await stored()).map(({ name }) => name)).not.toContain(session.name)
    await credentials.note([{ ...counted, failed }]) // written late: it says nothing about this key
    expect((await devices.byEndpoint(organisationId, endpoint))?.security?.failure).toBeNull()
    await put(deviceId, null)
    expect((await devices.byEndpoint(organisationId, endpoint))?.security).toBeNull()
  })

  it('that was withdrawn is known as such, whatever took its place, and no session of it is stored', async () => {
    const [kept, replaced, removed] = [await secured(), await secured(), await secured()]
    const held = [kept, replaced, removed].map(({ deviceId, identity }) => ({
      deviceId,
      identity,
      since: now,
    }))
    await put(replaced.deviceId, { identity: replaced.identity, key: randomBytes(16) }, now + 1)
    await put(removed.deviceId, null)
    const withdrawn = await credentials.withdrawn(held)
    expect(new Set(withdrawn)).toEqual(new Set([replaced.deviceId, removed.deviceId]))
    const found = await credentials.byIdentity(organisationId, replaced.identity)
    expect(found?.since).toBe(now + 1)
    const late = { name: randomUUID(), organisationId, generation: 1, snapshot: key }
    await sessions.store([{ ...late, deviceId: replaced.deviceId, since: now }], now)
    expect((await stored()).map(({ name }) => name)).not.toContain(late.name)
    await sessions.store([{ ...late, deviceId: replaced.deviceId, since: now + 1 }], now)
    expect((await stored()).find(({ name }) => name === late.name)?.since).toBe(now + 1)
  })

  it('counts what its sessions come to', async () => {
    const { deviceId, endpoint } = await secured()
    const latest = { at: now, suite: 'TLS_PSK_WITH_AES_128_CCM_8', cid: Uint8Array.of(1, 2) }
    await credentials.note([{ deviceId, handshakes: 2, resumptions: 1, migrations: 3, latest }])
    await credentials.note([{ deviceId, handshakes: 0, resumptions: 0, migrations: 4 }])
    expect((await devices.byEndpoint(organisationId, endpoint))?.security).toMatchObject({
      handshakes: 2,
      resumptions: 1,
      migrations: 7,
      suite: 'TLS_PSK_WITH_AES_128_CCM_8',
      cid: Buffer.of(1, 2),
      handshakeAt: now,
    })
  })
})

describe('a session', () => {
  it('is stored sealed, comes back as it was, and never goes back to an earlier snapshot', async () => {
    const { deviceId } = await secured()
    const name = randomUUID()
    const row = (generation: number): SessionRow => ({
      name,
      organisationId,
      deviceId,
      since: now,
      generation,
      snapshot: Buffer.concat([key, Buffer.of(generation)]),
    })
    expect(await sessions.store([row(2)], now)).toEqual([name])
    expect(await sessions.store([row(1)], now)).toEqual([])
    expect((await stored()).find((one) => one.name === name)).toMatchObject({
      generation: 2,
      snapshot: new Uint8Array([...key, 2]),
    })
    const { rows } = await database.pool.query('SELECT sealed FROM dtls_session WHERE name = $1', [name])
    expect((rows[0].sealed as Buffer).includes(key)).toBe(false)
    await sessions.remove([name])
    expect((await stored()).map((one) => one.name)).not.toContain(name)
  })

  it('is one for each device, the one that was stored last', async () => {
    const { deviceId } = await secured()
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()]
    const row = { organisationId, deviceId, since: now, generation: 1, snapshot: key }
    await sessions.store([{ ...row, name: first }], now)
    await sessions.store([{ ...row, name: second }], now + 1)
    const names = async (): Promise<string[]> =>
      (await stored()).filter((one) => one.deviceId === deviceId).map(({ name }) => name)
    expect(await names()).toEqual([second])
    const { rowCount } = await database.pool.query('SELECT 1 FROM dtls_session WHERE device_id = $1', [
      deviceId,
    ])
    expect(rowCount).toBe(1)
    // as they lie in a database that has known no better
    await sessions.store(
      [
        { ...row, name: second, generation: 2 },
        { ...row, name: third },
      ],
      now + 2,
    )
    await database.pool.query('UPDATE dtls_session SET stored_at = $2 WHERE name = $1', [
      third,
      new Date(now + 3),
    ])
    expect(await names()).toEqual([third])
  })

  it('opens under the credential that it came with alone, however its row got there', async () => {
    const { deviceId, identity } = await secured()
    const name = randomUUID()
    await sessions.store([{ name, organisationId, deviceId, since: now, generation: 1, snapshot: key }], now)
    const { rows } = await database.pool.query('SELECT * FROM dtls_session WHERE name = $1', [name])
    // its device gets another key under the same identity, while the old session was on its way to the table
    await put(deviceId, { identity, key: randomBytes(16) }, now + 1)
    const { organisation_id, generation, sealed, stored_at } = rows[0]
    await database.pool.query(
      'INSERT INTO dtls_session (name, organisation_id, device_id, generation, sealed, stored_at) VALUES ($1, $2, $3, $4, $5, $6)',
      [name, organisation_id, deviceId, generation, sealed, stored_at],
    )
    expect((await stored()).map((one) => one.name)).not.toContain(name)
  })

  it('that does not open is told and left out; one of a device that is gone is not stored', async () => {
    const [{ deviceId }, other] = [await secured(), await secured()]
    const [good, moved] = [randomUUID(), randomUUID()]
    const row = { organisationId, deviceId, since: now, generation: 1, snapshot: key }
    await sessions.store([{ ...row, name: good }], now)
    await database.pool.query(
      `INSERT INTO dtls_session (name, organisation_id, device_id, generation, sealed, stored_at)
       SELECT $2, organisation_id, $3, generation, sealed, stored_at FROM dtls_session WHERE name = $1`,
      [good, moved, other.deviceId],
    )
    const broken: string[] = []
    for await (const _ of sessions.all((error) => broken.push(error.message)));
    expect(broken.some((message) => message.includes(moved))).toBe(true)
    await sessions.store([{ ...row, name: 'nobody', deviceId: randomUUID() }], now)
    expect((await stored()).map((one) => one.name)).not.toContain('nobody')
  })
})

describe('a registration', () => {
  const draft = (endpoint: string, identity?: string) => ({
    endpoint,
    location: randomUUID(),
    lwm2mVersion: '1.1',
    lifetime: 60,
    binding: 'U',
    queueMode: false,
    address: '127.0.0.1',
    port: 1,
    objectLinks: '</3/0>',
    contentFormat: null,
    registeredAt: now,
    updatedAt: now,
    expiresAt: now + 60_000,
    ...(identity === undefined ? {} : { identity, session: randomUUID() }),
  })
  const register = (endpoint: string, identity?: string) =>
    registrations.register(organisationId, draft(endpoint, identity), { admitUnknown: true })

  it('of a device with a key needs its proof, and its own', async () => {
    const [one, other] = [await secured(), await secured()]
    await expect(register(one.endpoint)).rejects.toThrow(Unproven)
    await expect(register(one.endpoint, other.identity)).rejects.toThrow(Unproven)
    expect((await register(one.endpoint, one.identity))?.deviceId).toBe(one.deviceId)
    const [loaded] = (await registrations.loadLive()).filter(({ deviceId }) => deviceId === one.deviceId)
    expect(loaded).toMatchObject({ identity: one.identity, session: expect.any(String) })
  })

  it('with a proof of another name makes no device, nor takes one without a key', async () => {
    const { identity } = await secured()
    const bare = `bare-${randomUUID()}`
    await device(bare)
    await expect(register(bare, identity)).rejects.toThrow(Unproven)
    await expect(register(`new-${randomUUID()}`, identity)).rejects.toThrow(Unproven)
    expect(await register(bare)).toBeDefined()
  })

  it('that was made without a proof, or with another, ends with the device getting a key', async () => {
    const bare = `bare-${randomUUID()}`
    const deviceId = await device(bare)
    const lives = async (): Promise<boolean> =>
      (await registrations.loadLive()).some((one) => one.deviceId === deviceId)
    const identity = `psk:${randomUUID()}`
    await register(bare)
    await put(deviceId, { identity, key })
    expect(await lives()).toBe(false)
    await register(bare, identity)
    expect(await lives()).toBe(true)
    await put(deviceId, null)
    expect(await lives()).toBe(false)
  })

  it('is said on the timeline to have ended with a change of key, and only where there was one', async () => {
    const bare = `bare-${randomUUID()}`
    const deviceId = await device(bare)
    await register(bare)
    const credential = { identity: `psk:${randomUUID()}`, key }
    const psk = { identity: bare, key: '00112233445566778899aabbccddeeff' }
    const change = () =>
      inventory.update(organisationId, deviceId, { psk }, audit, 'ada@example.org', now, credential)
    await change()
    await change()
    const { rows } = await database.pool.query<{ fact: unknown }>(
      `SELECT fact FROM timeline_entry WHERE device_id = $1 AND fact->>'kind' = 'device-changed' ORDER BY id`,
      [deviceId],
    )
    const fact = { kind: 'device-changed', by: 'ada@example.org', fields: ['psk'] }
    expect(rows.map((row) => row.fact)).toEqual([
      { ...fact, endsRegistration: true },
      { ...fact, endsRegistration: false },
    ])
  })

  it('without a proof is not let in while the device is getting a key', async () => {
    const bare = `bare-${randomUUID()}`
    const deviceId = await device(bare)
    const client = await database.pool.connect()
    await client.query('BEGIN')
    await client.query('UPDATE device SET label = $2 WHERE id = $1', [deviceId, 'as a change of facts does'])
    await credentials.put(client, { organisationId, deviceId }, { identity: `psk:${bare}`, key }, now)
    const late = register(bare).catch((error: unknown) => error)
    for (let waiting = 0; waiting === 0;) {
      const { rows } = await database.pool.query(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE device%'`,
      )
      waiting = rows[0].n as number
    }
    await client.query('COMMIT')
    client.release()
    expect(await late).toBeInstanceOf(Unproven)
  })
})

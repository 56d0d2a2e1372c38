import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { DomainError } from '@fieldline/contracts'
import { inTransaction } from '../database.js'
import { DeviceRepository } from '../devices/device-repository.js'
import { appendTimeline, readTimeline } from '../devices/timeline-repository.js'
import { useOrganisation } from '../test-organisation.test-support.js'
import { ObservationRepository } from './observation-repository.js'
import { OperationRepository } from './operation-repository.js'
import { RegistrationRepository } from './registration-repository.js'
import type { NewRegistration } from './registration-repository.js'
import { listCandidates } from './candidate-repository.js'

const { database, organisationId, device } = useOrganisation()
const registrations = new RegistrationRepository(database)
const observations = new ObservationRepository(database)
const operations = new OperationRepository(database)
const now = Date.now()

const registration = (endpoint: string, port = 1000): NewRegistration => ({
  endpoint,
  location: randomUUID(),
  lwm2mVersion: '1.1',
  lifetime: 300,
  binding: 'U',
  queueMode: true,
  address: '127.0.0.1',
  port,
  objectLinks: '</1/0>,</3/0>',
  contentFormat: null,
  registeredAt: now,
  updatedAt: now,
  expiresAt: now + 300_000,
})

const newContact = {
  lastContactAt: now,
  windowStartedAt: now,
  intervals: [],
  outlier: null,
  cadenceSeconds: 60,
  graceSeconds: 30,
  expectedAt: now + 60_000,
  lateAt: now + 90_000,
  silentAt: now + 210_000,
  awakeUntil: null,
}

describe('registrations', () => {
  it('of an unknown endpoint make a device where that is allowed, and a candidate where it is not', async () => {
    await expect(
      registrations.register(organisationId, registration('stranger'), { admitUnknown: false }),
    ).resolves.toBeUndefined()
    await registrations.register(organisationId, registration('stranger'), { admitUnknown: false })
    expect(await listCandidates(database, organisationId, { limit: 10 })).toMatchObject([
      { endpoint: 'stranger', attempts: 2, address: '127.0.0.1:1000' },
    ])
    await expect(
      registrations.register(organisationId, registration('guest'), { admitUnknown: true }),
    ).resolves.toMatchObject({ isNew: true })
    await expect(
      registrations.register(organisationId, registration('guest'), { admitUnknown: true }),
    ).resolves.toMatchObject({ isNew: false })
  })

  it('are kept, or remembered as a candidate, with a NUL in their object links', async () => {
    const odd = (endpoint: string) => ({ ...registration(endpoint), objectLinks: '</1/0>;x="\0"' })
    await registrations.register(organisationId, odd('odd-stranger'), { admitUnknown: false })
    const known = await registrations.register(organisationId, odd('odd'), { admitUnknown: true })
    const live = (await registrations.loadLive()).find(({ deviceId }) => deviceId === known?.deviceId)
    expect(live?.objectLinks).toBe('</1/0>;x="\ufffd"')
  })

  it('may have the longest lifetime there is, and an end that RFC 3339 can write', async () => {
    const longest = (endpoint: string) => ({
      ...registration(endpoint),
      lifetime: 4_294_967_295,
      expiresAt: Number.POSITIVE_INFINITY,
    })
    await registrations.register(organisationId, longest('long-stranger'), { admitUnknown: false })
    const candidates = await listCandidates(database, organisationId, { limit: 100 })
    expect(candidates.find(({ endpoint }) => endpoint === 'long-stranger')?.lifetime).toBe(4_294_967_295)
    const registered = longest('long')
    const { deviceId } = (await registrations.register(organisationId, registered, {
      admitUnknown: true,
    })) ?? { deviceId: '' }
    await registrations.flushContacts([
      {
        deviceId,
        location: registered.location,
        contact: newContact,
        expiresAt: now + 300_000_000_000_000,
        updatedAt: now,
        address: '127.0.0.1',
        port: 1,
      },
    ])
    const live = (await registrations.loadLive()).find((one) => one.deviceId === deviceId)
    expect(live).toMatchObject({ lifetime: 4_294_967_295, expiresAt: Date.UTC(9999, 0, 1) })
    const record = await new DeviceRepository(database).byEndpoint(organisationId, 'long')
    expect(record?.record?.lifetime).toBe(4_294_967_295)
  })

  it('of unknown endpoints are forgotten, the oldest first, beyond a number, and their links are cut', async () => {
    const crowd = randomUUID()
    const few = new RegistrationRepository(database, { maxCandidates: 3 })
    const objectLinks = Array.from({ length: 1_000 }, (_, i) => `</${i}/0>`).join(',')
    for (const endpoint of ['e', 'd', 'c', 'b', 'a', 'c'])
      await few.register(crowd, { ...registration(endpoint), objectLinks }, { admitUnknown: false })
    const kept = await listCandidates(database, crowd, { limit: 10 })
    expect(kept.map(({ endpoint }) => endpoint)).toEqual(['a', 'b', 'c'])
    expect(kept[0]?.objectLinks.length).toBeLessThanOrEqual(2_000)
    expect(kept[0]?.objectLinks).toMatch(/^<\/0\/0>,.*<\/\d+\/0>$/)
  })

  it('end the observations of the registration before, and tell both addresses', async () => {
    const first = await registrations.register(organisationId, registration('again', 1), {
      admitUnknown: true,
    })
    const deviceId = first?.deviceId as string
    const observation = {
      token: new Uint8Array([1, 2, 3]),
      organisationId,
      deviceId,
      path: '/3/0/9',
      origin: 'plan',
      pmin: 1,
      pmax: 60,
    } as const
    await observations.add([observation])
    await observations.add([{ ...observation, token: new Uint8Array([4, 5, 6]) }])
    expect(await observations.pathsOf(deviceId)).toEqual(['/3/0/9'])
    await registrations.register(organisationId, registration('again', 2), {
      admitUnknown: true,
      before: { address: '127.0.0.1:1' },
    })
    expect(await observations.pathsOf(deviceId)).toEqual([])
    const facts = (await readTimeline(database.pool, deviceId, { limit: 10 })).map(({ fact }) => fact)
    expect(facts).toContainEqual({
      kind: 'registration-replaced',
      address: '127.0.0.1:2',
      before: '127.0.0.1:1',
    })
  })

  it('that were replaced meanwhile are not ended by the end of the earlier one', async () => {
    const before = registration('race')
    const { deviceId } = (await registrations.register(organisationId, before, { admitUnknown: true })) ?? {
      deviceId: '',
    }
    await registrations.register(organisationId, registration('race'), { admitUnknown: true })
    await registrations.end({ ...before, deviceId, organisationId }, 'expired', now)
    const { rows } = await database.pool.query('SELECT registration FROM device WHERE id = $1', [deviceId])
    expect(rows).toEqual([{ registration: 'registered' }])
  })

  it('that are replaced while their end waits for the device are not ended either', async () => {
    const before = registration('close race')
    const { deviceId } = (await registrations.register(organisationId, before, { admitUnknown: true })) ?? {
      deviceId: '',
    }
    // a register, step by step, with the end of the earlier registration between them
    const other = await database.pool.connect()
    await other.query('BEGIN')
    await other.query("UPDATE device SET registration = 'registered' WHERE id = $1", [deviceId])
    const ended = registrations.end({ ...before, deviceId, organisationId }, 'expired', now)
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pg_backend_pid() = ANY(pg_blocking_pids(pid))`
    while ((await other.query(waiting)).rowCount === 0) await other.query('SELECT pg_stat_clear_snapshot()')
    await other.query('UPDATE registration SET location = $2 WHERE device_id = $1', [deviceId, randomUUID()])
    await other.query('COMMIT')
    other.release()
    await ended
    const { rows } = await database.pool.query('SELECT registration FROM device WHERE id = $1', [deviceId])
    expect(rows).toEqual([{ registration: 'registered' }])
  })

  it('carry a contact into many rows at once and tell of a return', async () => {
    const registered = registration('contact')
    const { deviceId } = (await registrations.register(organisationId, registered, {
      admitUnknown: true,
    })) ?? { deviceId: '' }
    await database.pool.query("UPDATE device SET absence_told = 'late' WHERE id = $1", [deviceId])
    await registrations.flushContacts([
      {
        deviceId,
        location: registered.location,
        contact: newContact,
        expiresAt: now + 1,
        updatedAt: now,
        address: '127.0.0.9',
        port: 9,
        absentSince: now - 5_000,
      },
    ])
    const [live] = (await registrations.loadLive()).filter((one) => one.deviceId === deviceId)
    expect(live).toMatchObject({ address: '127.0.0.9', port: 9, contact: { cadenceSeconds: 60 } })
    expect((await readTimeline(database.pool, deviceId, { limit: 1 }))[0]?.fact).toEqual({
      kind: 'back',
      absentMs: 5_000,
    })
  })

  it('leave a registration alone that replaced the one heard, and name devices that are no more', async () => {
    const registered = registration('moved')
    const { deviceId } = (await registrations.register(organisationId, registered, {
      admitUnknown: true,
    })) ?? { deviceId: '' }
    const heard = { contact: newContact, expiresAt: now + 1, updatedAt: now, address: '127.0.0.9', port: 9 }
    const gone = randomUUID()
    expect(
      await registrations.flushContacts([
        { ...heard, deviceId, location: 'an earlier one' },
        { ...heard, deviceId: gone, location: 'x' },
      ]),
    ).toEqual([gone])
    const stored = { ...registered, deviceId, organisationId }
    await registrations.update({ ...stored, location: 'an earlier one', lifetime: 7 }, ['lifetime'])
    const [live] = (await registrations.loadLive()).filter((one) => one.deviceId === deviceId)
    expect(live).toMatchObject({ address: stored.address, port: stored.port, lifetime: stored.lifetime })
    await registrations.update({ ...stored, lifetime: 7 }, ['lifetime'])
    const [changed] = (await registrations.loadLive()).filter((one) => one.deviceId === deviceId)
    expect(changed?.lifetime).toBe(7)
  })
})

describe('operations', () => {
  const create = async (
    endpoint: string,
    kind: 'read' | 'execute' = 'execute',
    expiresAt = now + 60_000,
  ): Promise<string> => {
    const deviceId = await device(endpoint)
    const id = randomUUID()
    await operations.create([
      {
        id,
        organisationId,
        deviceId,
        kind,
        path: '/3/0/4',
        value: undefined,
        createdBy: 'test',
        createdAt: now,
        expiresAt,
      },
    ])
    return id
  }

  it('are sent by one of two processes that try at once', async () => {
    const id = await create('two')
    const sent = await Promise.all(
      [1, 2, 3, 4].map(() => operations.apply(id, { type: 'dispatch', answerBy: now + 1_000 }, now)),
    )
    expect(sent.filter(({ send }) => send)).toHaveLength(1)
  })

  it('take their step with the rest of a transaction, or not at all', async () => {
    const id = await create('together')
    const undone = inTransaction(database.pool, async (client) => {
      await operations.apply(id, { type: 'cancel' }, now, undefined, client)
      throw new Error('the audit row was refused')
    })
    await expect(undone).rejects.toThrow('refused')
    expect((await operations.byId(organisationId, id))?.state).toBe('queued')
  })

  it('that were sent when a process died end as unknown if they change something, and wait again if they do not', async () => {
    const [execute, read] = [await create('x'), await create('y', 'read')]
    for (const id of [execute, read])
      await operations.apply(id, { type: 'dispatch', answerBy: now + 1_000 }, now)
    expect(await operations.sent()).toEqual(expect.arrayContaining([execute, read]))
    expect((await operations.apply(execute, { type: 'recovered' }, now)).operation.state).toBe('unknown')
    expect((await operations.apply(read, { type: 'recovered' }, now)).operation).toMatchObject({
      state: 'queued',
      sentAt: undefined,
    })
  })

  it('keep an answer and a story with a NUL or half a surrogate pair in their texts', async () => {
    const id = await create('nul', 'read')
    await operations.apply(id, { type: 'dispatch', answerBy: now + 1_000 }, now)
    const time = new Date(now).toISOString()
    const value = {
      path: '/3/0/0',
      type: 'string',
      value: 'a\0b\ud83d',
      time,
      receivedAt: time,
      source: 'read',
    } as const
    await operations.apply(id, { type: 'answered', code: '2.05' }, now, { values: [value] })
    const stored = await operations.byId(organisationId, id)
    expect(stored?.result).toEqual({ values: [{ ...value, value: 'a\ufffdb\ufffd' }] })
    await appendTimeline(database.pool, [
      {
        organisationId,
        deviceId: stored?.deviceId ?? '',
        at: now,
        fact: { kind: 'name-conflict', addresses: ['a\0'] },
      } as Parameters<typeof appendTimeline>[1][number],
    ])
  })

  it('cannot be taken back once they have left', async () => {
    const id = await create('gone')
    await operations.apply(id, { type: 'dispatch', answerBy: now + 1_000 }, now)
    await expect(operations.apply(id, { type: 'cancel' }, now)).rejects.toThrow(DomainError)
  })

  it('are not given up by others while their process still waits for the answer', async () => {
    const id = await create('waits')
    await operations.apply(id, { type: 'dispatch', answerBy: now + 10 }, now)
    await operations.stillWaited([id], now + 5_000)
    expect(await operations.overdue(now + 1_000, 1_000)).not.toContain(id)
    await operations.stillWaited([id], now + 100)
    expect(await operations.overdue(now + 1_000, 1_000)).not.toContain(id)
    expect(await operations.overdue(now + 6_000, 1_000)).toContain(id)
  })

  it('whose time is up are found, and end as expired without having been sent', async () => {
    const id = await create('slow', 'execute', now - 1)
    expect(await operations.overdue(now, 1_000)).toContain(id)
    expect(await operations.apply(id, { type: 'dispatch', answerBy: now + 1_000 }, now)).toMatchObject({
      send: false,
      operation: { state: 'expired' },
    })
    const { rows } = await database.pool.query('SELECT fact FROM timeline_entry WHERE operation_id = $1', [
      id,
    ])
    expect(rows[0]?.fact).toMatchObject({ kind: 'operation', state: 'expired' })
  })
})

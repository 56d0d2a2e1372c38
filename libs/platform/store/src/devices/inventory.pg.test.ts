import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { auditRecord } from '@fieldline/access'
import { CredentialRepository } from '../security/credential-repository.js'
import { createSealer } from '../security/sealer.js'
import { useOrganisation } from '../test-organisation.test-support.js'
import { DeviceRepository } from './device-repository.js'
import { InventoryRepository } from './inventory-repository.js'
import { tellAbsences } from './absence.js'

const { database, organisationId, device } = useOrganisation()
const inventory = new InventoryRepository(
  database,
  new CredentialRepository(database, createSealer(randomBytes(32).toString('base64'))),
)
const devices = new DeviceRepository(database)
const now = Date.now()
const audit = auditRecord(
  {
    actor: { kind: 'system', id: 't', name: 't', organisationId, role: 'admin' },
    action: 'device.test',
    subject: { kind: 'device', id: 't' },
    where: { via: 'api' },
  },
  now,
)
const find = async (endpoint: string) => devices.byEndpoint(organisationId, endpoint)

describe('the inventory', () => {
  it('keeps place, meter and SIM apart, and the place when the meter is exchanged', async () => {
    const endpoint = 'urn:imei:350'
    const id = await inventory.create(
      organisationId,
      {
        endpoint,
        site: { name: 'Mill Lane 4', timeZone: 'Europe/London' },
        meteringPoint: 'MP-1',
        meterSerial: 'OLD',
        iccid: '8944000000000000001',
      },
      audit,
      now,
    )
    expect(await find(endpoint)).toMatchObject({
      site: { name: 'Mill Lane 4' },
      meteringPoint: 'MP-1',
      meterSerial: 'OLD',
      iccid: '8944000000000000001',
    })
    await inventory.update(
      organisationId,
      id,
      { meterSerial: 'NEW', iccid: '8944000000000000002' },
      audit,
      'Crew',
      now + 1,
    )
    expect(await find(endpoint)).toMatchObject({
      site: { name: 'Mill Lane 4' },
      meteringPoint: 'MP-1',
      meterSerial: 'NEW',
      iccid: '8944000000000000002',
    })
    const { rows } = await database.pool.query(
      'SELECT serial, until IS NULL AS present FROM device_installation JOIN meter ON meter.id = meter_id WHERE device_id = $1 ORDER BY serial',
      [id],
    )
    expect(rows).toEqual([
      { serial: 'NEW', present: true },
      { serial: 'OLD', present: false },
    ])
  })

  it('shows no serial or metering point that nobody named', async () => {
    await inventory.create(
      organisationId,
      { endpoint: 'bare', site: { name: 'Hill 1', timeZone: 'UTC' } },
      audit,
      now,
    )
    expect(await find('bare')).toMatchObject({
      site: { name: 'Hill 1' },
      meteringPoint: null,
      meterSerial: null,
    })
  })

  it('refuses a second device of one name', async () => {
    await inventory.create(organisationId, { endpoint: 'once' }, audit, now)
    await expect(inventory.create(organisationId, { endpoint: 'once' }, audit, now)).rejects.toMatchObject({
      code: 'already-exists',
    })
  })
})

describe('absence', () => {
  it('is told once when a device becomes late and once when it becomes silent', async () => {
    const id = await device('absent', {
      registration: 'registered',
      expected_at: new Date(now - 60_000),
      last_contact_at: new Date(now - 120_000),
      late_at: new Date(now - 30_000),
      silent_at: new Date(now + 30_000),
    })
    expect(await tellAbsences(database.pool, now, 1_000)).toContain(id)
    expect(await tellAbsences(database.pool, now + 1_000, 1_000)).not.toContain(id)
    expect(await tellAbsences(database.pool, now + 31_000, 1_000)).toContain(id)
    const { rows } = await database.pool.query(
      'SELECT kind FROM timeline_entry WHERE device_id = $1 ORDER BY id',
      [id],
    )
    expect(rows.map(({ kind }) => kind)).toEqual(['late', 'silent'])
  })
})

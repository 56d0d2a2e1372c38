import { describe, expect, it } from 'vitest'
import { health, matches, parseAudience, versionKey } from '@fieldline/devices'
import type { DeviceFacts } from '@fieldline/devices'
import { useOrganisation } from '../test-organisation.test-support.js'
import { DeviceRepository } from './device-repository.js'

const { database, organisationId, device } = useOrganisation()
const now = Date.UTC(2026, 5, 15, 12)
const at = (minutes: number): Date => new Date(now + minutes * 60_000)

/** Fleet of every standing a device can have; the rows and what fleet/devices is told of them. */
const fleet = [
  {
    endpoint: 'urn:imei:1',
    vendor: 'Tarnwater',
    model: 'TW1',
    firmware: '2.4.9',
    cell: '101',
    groups: ['North DMA'],
    battery_percent: 80,
    registration: 'registered',
    queue: true,
    late_at: at(30),
    silent_at: at(90),
    awake_until: at(-5),
  },
  {
    endpoint: 'urn:imei:2',
    vendor: 'tarnwater',
    model: 'TW1',
    firmware: '2.4.10',
    cell: '102',
    groups: ['North DMA', 'Old'],
    battery_percent: 9,
    registration: 'registered',
    queue: true,
    late_at: at(30),
    silent_at: at(90),
    awake_until: at(5),
  },
  {
    endpoint: 'meter_%',
    vendor: 'Oststrom',
    model: 'E3',
    firmware: '10',
    cell: null,
    groups: [],
    battery_percent: null,
    registration: 'registered',
    queue: false,
    late_at: at(-5),
    silent_at: at(50),
    awake_until: null,
  },
  {
    endpoint: 'meterX',
    vendor: null,
    model: null,
    firmware: null,
    cell: null,
    groups: [],
    battery_percent: null,
    registration: 'registered',
    queue: true,
    late_at: at(-90),
    silent_at: at(-5),
    awake_until: at(-80),
  },
  {
    endpoint: 'lapsed',
    vendor: 'Kelda',
    model: 'H2',
    firmware: '1.0-rc1',
    cell: '101',
    groups: [],
    battery_percent: 15,
    registration: 'expired',
    queue: true,
    late_at: at(-10),
    silent_at: at(10),
    awake_until: at(-80),
  },
  {
    endpoint: 'expected',
    vendor: 'Kelda',
    model: 'H2',
    firmware: null,
    cell: null,
    groups: ['old'],
    battery_percent: null,
    registration: 'provisioned',
    queue: undefined,
    late_at: null,
    silent_at: null,
    awake_until: null,
  },
] as const

const filters = [
  '',
  'urn:imei:',
  'meter_',
  'endpoint:meter*',
  'endpoint:meterX',
  'vendor:TARNWATER',
  '-vendor:tarnwater',
  'vendor:Tarn*,kelda',
  'fw:<2.4.10',
  'fw:>=2.4.10',
  'fw:2.4*',
  '-fw:2.4.9',
  'fw:<1.0',
  'battery:<15',
  'battery:<=15',
  '-battery:<15',
  'cell:101',
  '-cell:101',
  'group:"north dma"',
  '-group:old',
  'group:nor*',
  'status:sleeping',
  'status:awake',
  'status:late',
  'status:silent',
  'status:expired',
  'status:provisioned',
  'status:ok',
  'status:attention',
  'status:failing',
  '-status:ok',
  'status:late,silent vendor:oststrom',
  'model:tw1 -status:awake battery:>50',
]

describe('the audience language in SQL', () => {
  const repository = new DeviceRepository(database)

  it('selects exactly what its pure twin selects', async () => {
    for (const { queue, ...row } of fleet) {
      const { endpoint, ...columns } = row
      const id = await device(endpoint, {
        ...columns,
        firmware_key: row.firmware === null ? null : versionKey(row.firmware),
      })
      if (queue === undefined) continue
      await database.pool.query(
        `INSERT INTO registration (organisation_id, device_id, location, lwm2m_version, lifetime, binding, queue_mode, address, port, object_links, registered_at, updated_at, expires_at)
         VALUES ($1, $2, $3, '1.1', 300, 'U', $4, '127.0.0.1', 1, '', now(), now(), now())`,
        [organisationId, id, id, queue],
      )
    }
    for (const filter of filters) {
      const audience = parseAudience(filter)
      const listed = await repository.list({ organisationId, audience, limit: 100, now })
      const expected = fleet
        .filter((row) => matches(audience, factsOf(row), now))
        .map(({ endpoint }) => endpoint)
      expect(listed.map(({ endpoint }) => endpoint).sort(), filter).toEqual([...expected].sort())
      expect((await repository.idsOf(organisationId, audience, now, 100)).length, filter).toBe(
        expected.length,
      )
      expect((await repository.breakdown(organisationId, audience, now)).total, filter).toBe(expected.length)
    }
  })

  it('goes through a list page by page, each device once', async () => {
    const audience = parseAudience('')
    const seen: string[] = []
    for (let after: string | undefined; ;) {
      const page = await repository.list({ organisationId, audience, after, limit: 2, now })
      if (page.length === 0) break
      seen.push(...page.map(({ endpoint }) => endpoint))
      after = page.at(-1)?.endpoint
    }
    expect(seen).toEqual(fleet.map(({ endpoint }) => endpoint).sort((a, b) => (a < b ? -1 : 1)))
  })
})

function factsOf(row: (typeof fleet)[number]): DeviceFacts {
  const times = {
    registration: row.registration,
    queueMode: row.queue ?? false,
    awakeUntil: row.awake_until?.getTime() ?? null,
    lateAt: row.late_at?.getTime() ?? null,
    silentAt: row.silent_at?.getTime() ?? null,
  }
  const { state } = health(
    {
      ...times,
      expectedAt: times.lateAt,
      lastContactAt: now - 1,
      registrationValidUntil: now - 1,
      lifetimeSeconds: 300,
      cadenceLearned: false,
      batteryPercent: row.battery_percent ?? undefined,
      marks: [],
    },
    now,
  )
  return {
    ...times,
    endpoint: row.endpoint,
    vendor: row.vendor ?? undefined,
    model: row.model ?? undefined,
    firmware: row.firmware ?? undefined,
    cell: row.cell ?? undefined,
    groups: row.groups,
    batteryPercent: row.battery_percent ?? undefined,
    health: state,
  }
}

// @ts-check
import { inRoot } from './layout.mjs'
import { say } from './say.mjs'
import { meterSecret } from './secrets.mjs'

const HISTORY_DAYS = 35
const DAY_MS = 86_400_000
/** As many as teach a cadence, and one more: the demo lives a day in minutes, and its cadence has been that for a while. */
const PAST_CONTACTS = 6
/** History is made for this many meters; a larger fleet is for load, not for charts. */
const METERS_WITH_HISTORY = 300
const ROWS_PER_WRITE = 2_000
const organisationId = '00000000-0000-4000-8000-000000000001'

/**
 * Makes the demo fleet known before its first contact, with places, meters, SIM cards and 35 days of readings at their true cadence. What is
 * known already stays as it is, but for a key that is missing: the simulated meter has one.
 * @param {{ databaseUrl: string, meters: number, seed: number, secrets: import('./secrets.mjs').Secrets }} options
 */
export async function seedDemo({ databaseUrl, meters, seed, secrets }) {
  const { demoFleet, history, keyOf, models, pastContacts, speaksDtls } = await import(
    inRoot('tools/simulator/dist/index.js')
  )
  const { nameOfIdentity } = await import(inRoot('libs/protocol/dtls/dist/index.js'))
  const {
    CredentialRepository,
    InventoryRepository,
    RegistrationRepository,
    ValueWriter,
    createSealer,
    ensureDays,
    inTransaction,
    openDatabase,
    toRow,
  } = await import(inRoot('libs/platform/store/dist/index.js'))
  const { auditRecord } = await import(inRoot('libs/fleet/access/dist/index.js'))
  const { onContact } = await import(inRoot('libs/fleet/devices/dist/index.js'))
  const { defaultAwakeWindowMs } = await import(inRoot('libs/protocol/lwm2m-server/dist/index.js'))
  const { systemClock } = await import(inRoot('libs/platform/process/dist/index.js'))
  const database = openDatabase(databaseUrl, { connections: 4 })
  const credentials = new CredentialRepository(database, createSealer(secrets.storeKey))
  const credentialOf = (/** @type {{ endpoint: string }} */ meter) => {
    if (!speaksDtls(meter)) return undefined
    const { identity, key } = keyOf(meterSecret(secrets), meter.endpoint)
    return { identity: nameOfIdentity({ kind: 'psk', identity: Buffer.from(identity) }), key }
  }
  try {
    const fleet = demoFleet({ seed, meters })
    const endpoints = fleet.map((/** @type {{ endpoint: string }} */ meter) => meter.endpoint)
    // what is known of a meter's contacts is written last: one without was interrupted, and begins anew
    const { rows } = await database.pool.query(
      `SELECT id, endpoint, contact IS NOT NULL AS done, EXISTS (SELECT 1 FROM credential WHERE device_id = device.id) AS secured
       FROM device WHERE organisation_id = $1 AND endpoint = ANY($2)`,
      [organisationId, endpoints],
    )
    /** @type {Map<string, { id: string, done: boolean, secured: boolean }>} */
    const known = new Map(
      rows.map((/** @type {{ endpoint: string, id: string, done: boolean, secured: boolean }} */ row) => [
        row.endpoint,
        row,
      ]),
    )
    const missing = fleet.filter(
      (/** @type {{ endpoint: string }} */ meter) => !known.get(meter.endpoint)?.done,
    )
    for (const meter of fleet) {
      const device = known.get(meter.endpoint)
      const credential = device && !device.secured && credentialOf(meter)
      if (credential)
        await inTransaction(database.pool, (/** @type {import('pg').PoolClient} */ client) =>
          credentials.put(client, { organisationId, deviceId: device.id }, credential, Date.now()),
        )
    }
    if (missing.length === 0) return
    say(`making ${missing.length} demo meters known, with ${HISTORY_DAYS} days of readings`)
    const now = Date.now()
    await ensureDays(database.pool, now - HISTORY_DAYS * DAY_MS, now + 3 * DAY_MS)
    const inventory = new InventoryRepository(database, credentials)
    const registrations = new RegistrationRepository(database)
    const writer = new ValueWriter(database.pool, systemClock, { maxRows: ROWS_PER_WRITE, maxDelayMs: 0 })
    const actor = { kind: 'system', id: 'demo', name: 'Demo fleet', organisationId, role: 'admin' }
    for (const [index, meter] of missing.entries()) {
      const device = {
        endpoint: meter.endpoint,
        vendor: meter.manufacturer,
        model: meter.modelNumber,
        group: [...meter.groups],
        site: { name: meter.site.name, timeZone: meter.site.timeZone },
        meteringPoint: meter.meteringPoint,
        meterSerial: meter.meterSerial,
        iccid: meter.iccid,
      }
      const audit = auditRecord(
        {
          actor,
          action: 'device.create',
          subject: { kind: 'device', id: meter.endpoint },
          where: { via: 'worker' },
          after: { endpoint: meter.endpoint },
        },
        now,
      )
      const interrupted = known.get(meter.endpoint)
      if (interrupted)
        await database.pool.query('DELETE FROM telemetry.value WHERE device_id = $1', [interrupted.id])
      const deviceId =
        interrupted?.id ?? (await inventory.create(organisationId, device, audit, now, credentialOf(meter)))
      if (index < METERS_WITH_HISTORY) {
        /** @type {unknown[]} */
        const rows = []
        for (const { timeMs, nodes } of history(meter, now - HISTORY_DAYS * DAY_MS, now))
          for (const node of nodes) {
            const row = toRow({ ...node, time: timeMs }, { organisationId, deviceId }, 'notify', timeMs)
            if (row) rows.push(row)
          }
        for (let from = 0; from < rows.length; from += ROWS_PER_WRITE)
          await writer.write(rows.slice(from, from + ROWS_PER_WRITE))
      }
      let contact
      for (const at of pastContacts(meter, now, PAST_CONTACTS))
        contact = onContact(contact, at, {
          queueMode: models[meter.model].queueMode,
          awakeWindowSeconds: defaultAwakeWindowMs / 1_000,
          modelDefaultCadenceSeconds: 0,
        })
      await registrations.rememberContacts([{ deviceId, contact }])
    }
    await writer.close()
    say(`demo meters are known; ${writer.counters.rows} readings`)
  } finally {
    await database.close()
  }
}

import { Inject, Injectable } from '@nestjs/common'
import type { OnApplicationShutdown } from '@nestjs/common'
import { createCoapEndpoint } from '@fieldline/coap'
import type { CoapEndpoint, DatagramTransport } from '@fieldline/coap'
import { chunkIds } from '@fieldline/contracts'
import type { BusEvent } from '@fieldline/contracts'
import type { Bus } from '@fieldline/bus'
import type { TimelineFact } from '@fieldline/devices'
import { timerProfiles } from '@fieldline/dtls'
import { startLwM2mServer } from '@fieldline/lwm2m-server'
import type { LwM2mServer, Registration, ServerEvents } from '@fieldline/lwm2m-server'
import { formatPath } from '@fieldline/object-model'
import { systemClock, systemRandom } from '@fieldline/process'
import type { Logger } from '@fieldline/process'
import {
  CredentialRepository,
  DeviceRepository,
  ObservationRepository,
  OperationRepository,
  RegistrationRepository,
  SessionRepository,
  ValueWriter,
  appendTimeline,
  createSealer,
  defaultOrganisationId,
  ensureDays,
  writeProcessStatus,
} from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { createUdpTransport, joinTransports } from '@fieldline/transport'
import { afterRegister } from './after-register.js'
import type { Configuration } from './configuration.js'
import { Contacts } from './contacts.js'
import { NameConflicts } from './name-conflicts.js'
import { PostgresObservationStore } from './observation-store.js'
import { PostgresOperationStore } from './operation-store.js'
import { PostgresRegistrationStore } from './registration-store.js'
import { PostgresReportSink } from './report-sink.js'
import { SecurePort } from './secure-port.js'
import { SpareWarnings } from './spare-warnings.js'
import { BUS, CONFIGURATION, DATABASE, LOGGER } from './tokens.js'

const HEARTBEAT_MS = 1_000
const DAY_MS = 86_400_000
const organisationId = defaultOrganisationId

/** Joins the LwM2M Server to its socket, its stores and the bus. */
@Injectable()
export class LwM2mServerService implements OnApplicationShutdown {
  #endpoint: CoapEndpoint | undefined
  #server: LwM2mServer | undefined
  #secure: SecurePort | undefined
  readonly #warnings = new SpareWarnings(systemClock, (facts, text) => this.log.warn(facts, text))
  #writer: ValueWriter
  #contacts: Contacts
  #heartbeat: NodeJS.Timeout | undefined
  #beating = false
  readonly #startedAt = Date.now()

  constructor(
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    const registrations = new RegistrationRepository(database)
    this.#writer = new ValueWriter(database.ingest, systemClock, {
      onCommitted: (deviceIds) => this.#publish('values', deviceIds),
    })
    this.#contacts = new Contacts({
      clock: systemClock,
      assumedCadenceSeconds: configuration.assumedCadenceSeconds,
      flush: (updates) => registrations.flushContacts(updates),
      onRemoved: (deviceIds) => this.#server?.forget(deviceIds),
      onFlushed: (deviceIds) => this.#publish('device', deviceIds),
      onFailed: (error) => this.#failed('contacts', error),
    })
  }

  /** Opens the socket and begins to serve. */
  async start(): Promise<void> {
    const { database, configuration, bus } = this
    const now = Date.now()
    await ensureDays(database.pool, now - DAY_MS, now + 3 * DAY_MS)
    const { host } = configuration
    const [open, datagrams] = await Promise.all(
      [configuration.port, configuration.securePort].map((port) => createUdpTransport({ host, port })),
    )
    const secure = this.#openSecurePort(datagrams)
    const sessions = await secure.resume()
    // one endpoint on both ports: one place for deduplication, tokens and the queue of each device
    const endpoint = createCoapEndpoint({
      transport: joinTransports(open, secure.transport),
      clock: systemClock,
      random: systemRandom,
    })
    this.#endpoint = endpoint
    const registrations = new RegistrationRepository(database)
    const onFailed = (error: unknown): void => this.#failed('store', error)
    const conflicts = new NameConflicts({
      clock: systemClock,
      devices: new DeviceRepository(database),
      appendTimeline: (entries) => appendTimeline(database.pool, entries),
      cadenceMs: (deviceId) => (this.#contacts.stateOf(deviceId)?.cadenceSeconds ?? 0) * 1_000,
      onChanged: (deviceId) => this.#publish('device', [deviceId]),
      onFailed,
    })
    const operations = new PostgresOperationStore({
      repository: new OperationRepository(database),
      clock: systemClock,
      publish: (event) => bus.publish(event),
    })
    await operations.recover()
    const server = await startLwM2mServer({
      endpoint,
      clock: systemClock,
      random: systemRandom,
      registrations: new PostgresRegistrationStore({
        repository: registrations,
        contacts: this.#contacts,
        conflicts,
        clock: systemClock,
        admitUnknown: configuration.registration === 'open',
        findPeer: (id) => secure.transport.find(id),
        onUnproven: (endpoint, peer) =>
          this.#warnings.warn(
            { endpoint, address: peer.id, identity: peer.identity },
            'refused: a registration without the proof of its device',
          ),
        onChanged: (deviceId) => this.#publish('device', [deviceId]),
        onCandidate: () => bus.publish({ kind: 'candidate', organisationId }),
        onFailed,
      }),
      observations: new PostgresObservationStore(new ObservationRepository(database)),
      operations,
      sink: new PostgresReportSink(this.#writer),
      events: this.#events(conflicts),
      afterRegister: (registration) => afterRegister(registration, configuration),
    })
    this.#server = server
    bus.subscribe(
      (event) => this.#heard(event),
      () => {
        this.#lookForWithdrawn()
        void operations.devicesWaiting().then((ids) => server.operationsQueued(ids), onFailed)
      },
    )
    this.#lookForWithdrawn() // what was said before anybody listened
    this.#heartbeat = setInterval(() => void this.#beat(registrations), HEARTBEAT_MS)
    await this.#beat(registrations)
    this.log.info(
      {
        address: open.address,
        port: open.port,
        securePort: datagrams.port,
        sessions,
        registration: configuration.registration,
      },
      'LwM2M Server listens',
    )
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#heartbeat)
    await this.#secure?.flush()
    await this.#server?.close()
    await this.#writer.close()
    await this.#contacts.flush()
  }

  #openSecurePort(datagrams: DatagramTransport): SecurePort {
    const { database, configuration } = this
    const sealer = createSealer(configuration.storeKey)
    const secure = new SecurePort({
      clock: systemClock,
      random: systemRandom,
      organisationId,
      timers: timerProfiles[configuration.handshakeTimers],
      datagrams,
      credentials: new CredentialRepository(database, sealer),
      sessions: new SessionRepository(database, sealer),
      onChanged: (deviceId) => this.#publish('device', [deviceId]),
      onHandshakeFailed: (facts) => this.#warnings.warn(facts, 'DTLS handshake failed'),
      onFailed: (what, error) => this.#failed(what, error),
    })
    this.#secure = secure
    return secure
  }

  #heard(event: BusEvent): void {
    if (event.kind === 'operation-queued') this.#server?.operationsQueued(event.deviceIds)
    else if (event.kind === 'device-removed' || event.kind === 'credentials') this.#withdrawn(event.deviceIds)
  }

  #withdrawn(deviceIds: readonly string[]): void {
    this.#secure?.withdrawn(deviceIds)
    this.#server?.forget(deviceIds)
  }

  /** Credentials may have changed while the bus was away. */
  #lookForWithdrawn(): void {
    this.#secure?.missed().then(
      (deviceIds) => this.#withdrawn(deviceIds),
      (error: unknown) => this.#failed('credentials', error),
    )
  }

  #publish(kind: 'device' | 'values', deviceIds: readonly string[]): void {
    for (const chunk of chunkIds(deviceIds)) this.bus.publish({ kind, organisationId, deviceIds: chunk })
  }

  #failed(what: string, error: unknown): void {
    this.log.error({ err: error, what }, 'failed')
  }

  #events(conflicts: NameConflicts): ServerEvents {
    const tell = ({ deviceId }: Registration, fact: TimelineFact): void => {
      appendTimeline(this.database.pool, [{ organisationId, deviceId, at: Date.now(), fact }]).catch(
        (error: unknown) => this.#failed('timeline', error),
      )
    }
    return {
      contact: (registration, now) => {
        this.#contacts.heard(registration, now)
        conflicts.heard(registration, now)
      },
      nameConflict: (registration, addresses) => conflicts.noticed(registration, addresses),
      observationBegan: (registration, path) =>
        tell(registration, { kind: 'observation', path: formatPath(path), active: true }),
      observationEnded: (registration, path, code) =>
        tell(registration, {
          kind: 'observation',
          path: formatPath(path),
          active: false,
          ...(/^\d\.\d\d$/.test(code) && !code.startsWith('2.') ? { code } : {}),
        }),
      failed: (what, error) => this.#failed(what, error),
    }
  }

  /** Says that we listen, and what we counted. */
  async #beat(registrations: RegistrationRepository): Promise<void> {
    if (this.#beating) return // a database that hangs must not collect beats
    this.#beating = true
    const now = Date.now()
    try {
      // who says that it listens must have told what it heard: after an outage of the database nobody is silent because of us
      if (!(await this.#contacts.drain())) return
      await registrations.listening(organisationId, now, false)
      const coap = Object.fromEntries(
        Object.entries(this.#endpoint?.counters ?? {}).map(([name, count]) => [
          `coap.${name}`,
          count as number,
        ]),
      )
      const lwm2m = Object.fromEntries(
        Object.entries(this.#server?.counters() ?? {}).map(([name, count]) => [`lwm2m.${name}`, count]),
      )
      const dtls = Object.fromEntries(
        Object.entries(this.#secure?.counters() ?? {}).map(([name, count]) => [`dtls.${name}`, count]),
      )
      const values = Object.fromEntries(
        Object.entries(this.#writer.counters).map(([name, count]) => [`values.${name}`, count]),
      )
      await writeProcessStatus(this.database.pool, {
        name: 'lwm2m-server',
        startedAt: this.#startedAt,
        seenAt: now,
        counters: { ...coap, ...dtls, ...lwm2m, ...values },
      })
    } catch (error) {
      this.#failed('heartbeat', error)
    } finally {
      this.#beating = false
    }
  }
}

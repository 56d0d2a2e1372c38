import { Code, ProtocolError } from '@fieldline/bytes'
import type { Clock, Random } from '@fieldline/bytes'
import type { CoapEndpoint } from '@fieldline/coap'
import { Conversation } from './conversation.js'
import { Downlink } from './downlink.js'
import { defaultAwakeWindowMs } from './presence.js'
import type { LiveRegistration } from './live-registration.js'
import { Registering } from './registering.js'
import { Registry } from './registry.js'
import { Reporting } from './reporting.js'
import type {
  AfterRegister,
  ObservationStore,
  OperationStore,
  Registration,
  RegistrationStore,
  ReportSink,
  ServerEvents,
} from './ports.js'

/** What a server is made of: one endpoint, and the ports through which it keeps and tells. */
export interface LwM2mServerOptions {
  readonly endpoint: CoapEndpoint
  readonly clock: Clock
  readonly random: Random
  readonly registrations: RegistrationStore
  readonly observations: ObservationStore
  readonly operations: OperationStore
  readonly sink: ReportSink
  readonly events: ServerEvents
  /** What is asked of a client after each Register. */
  readonly afterRegister: (registration: Registration) => AfterRegister
  /** How long a Queue Mode client listens after its last message, in milliseconds; default `defaultAwakeWindowMs`. */
  readonly awakeWindowMs?: number
}

/** The LwM2M Server behind one CoAP endpoint. */
export interface LwM2mServer {
  /** Something waits in the operation store for these devices. */
  operationsQueued(deviceIds: readonly string[]): void
  /** These devices are known no more, or have other credentials: their registrations end here, and their next Update is answered 4.04. */
  forget(deviceIds: readonly string[]): void
  /** Numbers that only grow, and `registrations`, the number that live. */
  counters(): Record<string, number>
  /** Takes no more requests and closes the endpoint. */
  close(): Promise<void>
}

/** Loads what lives and begins to serve `/rd` and `/dp`. */
export async function startLwM2mServer(options: LwM2mServerOptions): Promise<LwM2mServer> {
  const { endpoint, clock, random, registrations, observations, operations, sink, events } = options
  const awakeWindowMs = options.awakeWindowMs ?? defaultAwakeWindowMs
  const registry = new Registry(clock, random, (registration) => {
    downlink.ended(registration)
    registrations.end(registration, 'expired').catch((error: unknown) => events.failed('expiry', error))
  })
  const onUplink = (registration: LiveRegistration): void => downlink.heard(registration)
  const reporting = new Reporting({
    clock,
    registry,
    observations,
    sink,
    events,
    awakeWindowMs,
    onUplink,
  })
  const conversation = new Conversation({
    endpoint,
    clock,
    onFormatLearned: (registration) => registrations.contentFormatLearned(registration),
    onUndecodable: () => reporting.counters.undecodable++,
  })
  const downlink = new Downlink({
    clock,
    endpoint,
    conversation,
    registry,
    reporting,
    operations,
    observations,
    sink,
    events,
    awakeWindowMs,
    afterRegister: options.afterRegister,
  })
  const registering = new Registering({
    clock,
    random,
    registry,
    store: registrations,
    events,
    awakeWindowMs,
    onRegistered: (registration) => downlink.registered(registration),
    onUplink,
    onEnded: (registration) => downlink.ended(registration),
  })

  const live = await registrations.load()
  for (const registration of live) registry.add(registration)
  for (const observation of await observations.load()) reporting.watch(observation)
  for (const { deviceId } of live) {
    const registration = registry.byDevice(deviceId)
    if (registration) downlink.resumed(registration)
  }
  downlink.queued(await operations.devicesWaiting())

  endpoint.onNotification(
    (notification, peer) => reporting.notification(notification, peer),
    (token) => reporting.requestOf(token),
    // what was overtaken is still a reading, with a time of its own
    { stale: 'deliver', latest: registry.observations },
  )
  endpoint.serve((request, peer) => {
    const { uriPath } = request
    if (uriPath[0] === 'rd') return registering.handle(request, peer)
    if (uriPath[0] === 'dp' && uriPath.length === 1) return reporting.send(request, peer)
    throw new ProtocolError(Code.NotFound, 'an LwM2M Server serves /rd and /dp')
  })
  return {
    operationsQueued: (deviceIds) => downlink.queued(deviceIds),
    forget(deviceIds) {
      for (const deviceId of deviceIds) {
        const registration = registry.byDevice(deviceId)
        if (!registration) continue
        registry.remove(registration)
        downlink.ended(registration)
      }
    },
    counters: () => ({
      registrations: registry.size,
      ...registering.counters,
      ...reporting.counters,
      ...downlink.counters,
    }),
    async close() {
      registry.stop()
      downlink.close()
      await endpoint.close()
    },
  }
}

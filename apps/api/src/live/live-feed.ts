import { Inject, Injectable } from '@nestjs/common'
import type { OnApplicationShutdown } from '@nestjs/common'
import type { Bus } from '@fieldline/bus'
import type { BusEvent, LiveEvent, LiveEventName, LiveQuery } from '@fieldline/contracts'
import type { Logger } from '@fieldline/process'
import { DeviceRepository, OperationRepository, latestValues } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { CampaignViews } from '../campaigns/campaign-views.js'
import { objectsOf, toDevice, toValue } from '../devices/device-view.js'
import { toOperation } from '../operations/operation-view.js'
import { BUS, DATABASE, LOGGER } from '../tokens.js'

/** Changes are gathered for this long, so that a screen repaints four times a second at most. */
const GATHER_MS = 250
/** Devices read for one gathering; more than a screen shows, and a fleet that comes back at once does not stop the feed. */
const MAX_DEVICES = 500
/** A value event tells what arrived since the last one, and a little more. */
const VALUES_WINDOW_MS = 5_000

interface Subscriber {
  readonly organisationId: string
  readonly query: LiveQuery
  readonly send: (event: LiveEvent) => void
  /** Called when changes may have been missed: who comes back reads anew. */
  readonly end: () => void
}

/** Turns bus events, which carry ids, into what screens show, once for all who listen. */
@Injectable()
export class LiveFeed implements OnApplicationShutdown {
  readonly #subscribers = new Set<Subscriber>()
  readonly #changed = {
    device: new Set<string>(),
    values: new Set<string>(),
    operation: new Set<string>(),
    campaign: new Set<string>(),
    task: new Map<string, Set<string>>(),
  }
  /** When the first of the values not told yet were committed; epoch milliseconds. */
  #valuesSince = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #reading = false

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(BUS) bus: Bus,
    @Inject(CampaignViews) private readonly campaigns: CampaignViews,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    bus.subscribe(
      (event) => this.#note(event),
      () => this.#endAll(),
    )
  }

  /** Follows changes until the returned function is called. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  onApplicationShutdown(): void {
    clearTimeout(this.#timer)
  }

  #note(event: BusEvent): void {
    if (this.#subscribers.size === 0) return
    const changed = this.#changed
    if (event.kind === 'values') this.#valuesSince = Math.min(this.#valuesSince, Date.now())
    if (event.kind === 'device' || event.kind === 'values')
      for (const id of event.deviceIds) changed[event.kind].add(id)
    else if (event.kind === 'operation') {
      for (const id of event.operationIds) changed.operation.add(id)
      for (const id of event.deviceIds) changed.device.add(id)
    } else if (event.kind === 'campaign') changed.campaign.add(event.campaignId)
    else if (event.kind === 'task') {
      const devices = changed.task.get(event.campaignId) ?? new Set<string>()
      for (const id of event.deviceIds) devices.add(id)
      changed.task.set(event.campaignId, devices)
    } else return
    this.#timer ??= setTimeout(() => void this.#flush(), GATHER_MS)
  }

  async #flush(): Promise<void> {
    this.#timer = undefined
    if (this.#reading) {
      this.#timer = setTimeout(() => void this.#flush(), GATHER_MS)
      return
    }
    this.#reading = true
    try {
      await this.#tell()
    } catch (error) {
      this.log.warn({ err: error }, 'live: changes could not be read')
      this.#endAll()
    } finally {
      this.#reading = false
    }
    // what was too much for one reading follows
    if (Object.values(this.#changed).some(({ size }) => size > 0))
      this.#timer ??= setTimeout(() => void this.#flush(), GATHER_MS)
  }

  /** Every browser reads anew: what had changed for them until now is no news any more. */
  #endAll(): void {
    for (const { end } of [...this.#subscribers]) end()
    for (const changes of Object.values(this.#changed)) changes.clear()
  }

  #take(set: Set<string>): string[] {
    const ids = [...set].slice(0, MAX_DEVICES)
    for (const id of ids) set.delete(id)
    return ids
  }

  async #tell(): Promise<void> {
    const now = Date.now()
    const repository = new DeviceRepository(this.database)
    const deviceIds = this.#take(this.#changed.device)
    const valueIds = this.#take(this.#changed.values)
    const operationIds = this.#take(this.#changed.operation)
    const campaignIds = this.#take(this.#changed.campaign)
    const valuesSince = Math.min(now, this.#valuesSince)
    if (this.#changed.values.size === 0) this.#valuesSince = Number.POSITIVE_INFINITY
    const tasks = [...this.#changed.task].map(([campaignId, ids]) => [campaignId, this.#take(ids)] as const)
    for (const [campaignId, ids] of this.#changed.task)
      if (ids.size === 0) this.#changed.task.delete(campaignId)

    const wanted = [...new Set([...deviceIds, ...valueIds])]
    const devices = wanted.length > 0 ? await repository.byIds(wanted) : []
    const byId = new Map(devices.map((device) => [device.id, device]))
    for (const id of deviceIds) {
      const device = byId.get(id)
      if (device)
        this.#send(device.organisationId, { event: 'device', data: toDevice(device, now) }, device.endpoint)
    }
    if (valueIds.length > 0 && this.#anyone('values')) {
      const values = (await latestValues(this.database.pool, valueIds)).filter(
        (value) => value.receivedAt > valuesSince - VALUES_WINDOW_MS,
      )
      for (const id of valueIds) {
        const device = byId.get(id)
        const own = values.filter((value) => value.deviceId === id)
        if (!device || own.length === 0) continue
        const { definitions } = objectsOf(device)
        this.#send(
          device.organisationId,
          {
            event: 'values',
            data: { endpoint: device.endpoint, values: own.map((value) => toValue(value, definitions)) },
          },
          device.endpoint,
        )
      }
    }
    if (operationIds.length > 0) {
      for (const operation of await new OperationRepository(this.database).byIds(operationIds)) {
        this.#send(
          operation.organisationId,
          { event: 'operation', data: toOperation(operation, byId.get(operation.deviceId), now) },
          operation.endpoint,
        )
      }
    }
    for (const id of campaignIds) {
      const found = await this.campaigns.byId(id, now)
      if (found) this.#send(found.organisationId, { event: 'campaign', data: found.campaign })
    }
    for (const [campaignId, ids] of tasks) {
      if (![...this.#subscribers].some(({ query }) => query.campaign === campaignId)) continue
      for (const { organisationId, task } of await this.campaigns.tasksOf(campaignId, ids, now)) {
        this.#send(organisationId, { event: 'task', data: { campaignId, task } }, undefined, campaignId)
      }
    }
  }

  #anyone(event: LiveEventName): boolean {
    return [...this.#subscribers].some(({ query }) => wants(query, event))
  }

  #send(organisationId: string, event: LiveEvent, endpoint?: string, campaignId?: string): void {
    for (const subscriber of this.#subscribers) {
      const { query } = subscriber
      if (subscriber.organisationId !== organisationId || !wants(query, event.event)) continue
      if (endpoint !== undefined && query.endpoint !== undefined && !query.endpoint.includes(endpoint))
        continue
      if (event.event === 'task' && query.campaign !== campaignId) continue
      subscriber.send(event)
    }
  }
}

function wants({ events }: LiveQuery, event: LiveEventName): boolean {
  return events === undefined || events.includes(event)
}

import { Controller, Inject } from '@nestjs/common'
import { openApiDocument } from '@fieldline/contracts'
import type { Health, RouteResponse } from '@fieldline/contracts'
import type { Queue } from '@fieldline/queue'
import { readProcessStatus } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { Bind } from '../http/bind.js'
import { DATABASE, QUEUE } from '../tokens.js'

const STALE_MS = 10_000
const CHECK_MS = 3_000
const PROCESSES = ['lwm2m-server', 'worker']

type Component = Health['components'][string]

/** Fieldline's own health, and the description of its interface. */
@Controller()
export class HealthController {
  readonly #document = openApiDocument()

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(QUEUE) private readonly queue: Queue,
  ) {}

  @Bind('openApi')
  openApi(): RouteResponse<'openApi'> {
    return { ...this.#document } as RouteResponse<'openApi'>
  }

  @Bind('health')
  async health(): Promise<Health> {
    const counters: Record<string, number> = {}
    const components: Record<string, Component> = { api: { status: 'ok' } }
    components.database = await judge(async () => {
      const now = Date.now()
      const processes = await readProcessStatus(this.database.pool)
      for (const name of PROCESSES) {
        const status = processes.find((one) => one.name === name)
        Object.assign(counters, status?.counters)
        const age = status ? now - status.seenAt : undefined
        components[name] =
          status && age !== undefined && age < STALE_MS
            ? { status: 'ok', since: new Date(status.startedAt).toISOString() }
            : {
                status: 'down',
                detail: status ? `last heard ${Math.round((age ?? 0) / 1000)} s ago` : 'never heard',
              }
      }
    })
    components.queue = await judge(async () => {
      const { waiting, active, failed } = await this.queue.check()
      Object.assign(counters, { 'queue.waiting': waiting, 'queue.active': active, 'queue.failed': failed })
    })
    for (const name of PROCESSES)
      components[name] ??= { status: 'down', detail: 'unknown while the database is away' }
    const worst = Object.values(components).map(({ status }) => status)
    const status = worst.includes('down')
      ? components.database?.status === 'ok'
        ? 'degraded'
        : 'down'
      : 'ok'
    return { status, components, counters }
  }
}

/** Ok when the check passes in time, down with the reason when it does not. */
async function judge(check: () => Promise<void>): Promise<Component> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${CHECK_MS / 1000} s`)), CHECK_MS)
  })
  try {
    await Promise.race([check(), late])
    return { status: 'ok' }
  } catch (error) {
    return { status: 'down', detail: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}

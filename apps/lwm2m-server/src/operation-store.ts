import type { Clock, Timer } from '@fieldline/bytes'
import { DomainError } from '@fieldline/contracts'
import type { BusEvent, OperationResult, Value } from '@fieldline/contracts'
import { validateOperation } from '@fieldline/operations'
import { formatPath, parsePath, valueToJson } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import type {
  DownlinkOperation,
  DownlinkOutcome,
  OperationStore,
  Registration,
} from '@fieldline/lwm2m-server'
import type { OperationRepository, StoredOperation } from '@fieldline/store'

/**
 * How long an answer is waited for by who does not know better: MAX_TRANSMIT_WAIT of the default profile (93 s) and some. While the exchange
 * lives, which takes longer where the answer is a separate or a long one, the time is put off again and again.
 */
const ANSWER_MS = 120_000
const STILL_WAITING_MS = 30_000
/** An outcome that cannot be stored is kept and tried again: nobody else knows it. */
const STORE_AGAIN_MS = 1_000
const STORE_TRIES = 90
/** Values kept with the operation itself; all of them are in the history. */
const MAX_VALUES = 500

export interface OperationStoreOptions {
  readonly repository: OperationRepository
  readonly clock: Clock
  readonly publish: (event: BusEvent) => void
}

/** The operation port of the LwM2M Server: rows of PostgreSQL, moved by the machine of fleet/operations. */
export class PostgresOperationStore implements OperationStore {
  /** Sent, and their exchange lives. */
  readonly #underWay = new Set<string>()
  #timer: Timer | undefined

  constructor(private readonly options: OperationStoreOptions) {}

  devicesWaiting(): Promise<string[]> {
    return this.options.repository.devicesWaiting()
  }

  async next(registration: Registration): Promise<DownlinkOperation | undefined> {
    for (;;) {
      const row = await this.options.repository.nextWaiting(registration.deviceId)
      if (!row) return undefined
      if (row.expiresAt <= this.options.clock.now()) await this.#apply(row.id, { type: 'tick' })
      else {
        const operation = await this.#prepare(row, registration)
        if (operation) return operation
      }
    }
  }

  /** Values are typed by the object versions the device has now; what no longer fits has failed before anything is sent. */
  async #prepare(row: StoredOperation, registration: Registration): Promise<DownlinkOperation | undefined> {
    try {
      const { nodes, args } = validateOperation(
        { kind: row.kind, path: row.path, value: row.value, confirm: registration.endpoint },
        { definition: registration.definitions, endpoint: registration.endpoint },
      )
      return { id: row.id, kind: row.kind, path: parsePath(row.path), nodes, args }
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      await this.#apply(row.id, { type: 'dispatch', answerBy: this.options.clock.now() })
      await this.#apply(row.id, { type: 'answered', code: '4.00' }, { text: `Not sent: ${error.detail}` })
      return undefined
    }
  }

  async sending(operation: DownlinkOperation): Promise<boolean> {
    const now = this.options.clock.now()
    const { send } = await this.#apply(operation.id, { type: 'dispatch', answerBy: now + ANSWER_MS })
    if (send) {
      this.#underWay.add(operation.id)
      this.#timer ??= this.options.clock.after(STILL_WAITING_MS, () => void this.#stillWaiting())
    }
    return send
  }

  async #stillWaiting(): Promise<void> {
    this.#timer = undefined
    if (this.#underWay.size === 0) return
    const { repository, clock } = this.options
    // a database that is away judges nothing either
    await repository.stillWaited([...this.#underWay], clock.now() + ANSWER_MS).catch(() => undefined)
    this.#timer ??= clock.after(STILL_WAITING_MS, () => void this.#stillWaiting())
  }

  async finish(operation: DownlinkOperation, outcome: DownlinkOutcome): Promise<void> {
    try {
      await this.#finish(operation, outcome)
    } finally {
      this.#underWay.delete(operation.id)
    }
  }

  async #finish(operation: DownlinkOperation, outcome: DownlinkOutcome): Promise<void> {
    if (outcome.type !== 'answered') {
      await this.#applySurely(operation.id, { type: outcome.type }, { text: outcome.detail })
      return
    }
    const result: OperationResult = {
      ...(outcome.nodes
        ? { values: valuesOf(outcome.nodes.slice(0, MAX_VALUES), this.options.clock.now()) }
        : {}),
      ...(outcome.links
        ? {
            links: outcome.links.map(({ target, attributes }) => ({
              path: target,
              attributes: Object.fromEntries([...attributes].map(([name, value]) => [name, String(value)])),
            })),
          }
        : {}),
      ...(outcome.detail === undefined ? {} : { text: outcome.detail }),
    }
    await this.#applySurely(
      operation.id,
      { type: 'answered', code: outcome.code },
      Object.keys(result).length > 0 ? result : undefined,
    )
  }

  /** What an earlier process of ours had sent: its answer can no longer reach us. */
  async recover(): Promise<void> {
    for (const id of await this.options.repository.sent()) await this.#apply(id, { type: 'recovered' })
  }

  /** Stores what a device answered, also when the database is away for a while. */
  async #applySurely(
    id: string,
    event: Parameters<OperationRepository['apply']>[1],
    result?: OperationResult,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#apply(id, event, result)
        return
      } catch (error) {
        if (error instanceof DomainError || tries >= STORE_TRIES) throw error
        await new Promise<void>((resolve) => this.options.clock.after(STORE_AGAIN_MS, resolve))
      }
    }
  }

  async #apply(
    id: string,
    event: Parameters<OperationRepository['apply']>[1],
    result?: OperationResult,
  ): ReturnType<OperationRepository['apply']> {
    const applied = await this.options.repository.apply(id, event, this.options.clock.now(), result)
    const { organisationId, deviceId } = applied.operation
    if (applied.changed)
      this.options.publish({ kind: 'operation', organisationId, deviceIds: [deviceId], operationIds: [id] })
    return applied
  }
}

function valuesOf(nodes: readonly Node[], now: number): Value[] {
  return nodes.flatMap(({ path, type, value, time }): Value[] =>
    type === 'none'
      ? []
      : [
          {
            path: formatPath(path),
            type,
            value: valueToJson(type, value),
            time: new Date(time ?? now).toISOString(),
            receivedAt: new Date(now).toISOString(),
            source: 'read',
          },
        ],
  )
}

import { InvariantError } from '@fieldline/bytes'
import type { Peer } from '@fieldline/coap'
import type { Endings } from './endings.js'
import type { Registration } from './ports.js'
import { Moment } from './registration-table.js'
import type { Changes, RegistrationTable } from './registration-table.js'
import type { Terms } from './shared-terms.js'

/**
 * A registration as it is at the moment it is read: a view of its row. When the registration is over it shows the last values, and to set one
 * does nothing. There may be several views of one registration: ask `isLive`, compare none.
 */
export class LiveRegistration implements Registration {
  #last: Registration | undefined
  #deviceId: string | undefined
  #location: string | undefined

  /** @param endings the latest link when the view was made */
  constructor(
    private readonly table: RegistrationTable,
    /** @internal */
    readonly row: number,
    private readonly serial: number,
    private readonly endings: Endings,
  ) {}

  /** Whether it has not ended. */
  get isLive(): boolean {
    return this.#last === undefined && this.table.serial(this.row) === this.serial
  }

  /** The last values of one that is over; undefined for one that lives. */
  get #ended(): Registration | undefined {
    if (this.isLive) return undefined
    this.#last ??= this.endings.find(this.serial)
    if (!this.#last) throw new InvariantError('a registration ended without its last values')
    return this.#last
  }

  get deviceId(): string {
    return (this.#deviceId ??= this.#ended?.deviceId ?? this.table.deviceId(this.row))
  }

  get location(): string {
    return (this.#location ??= this.#ended?.location ?? this.table.location(this.row))
  }

  get endpoint(): string {
    return this.#ended?.endpoint ?? this.table.endpoint(this.row)
  }

  get #terms(): Terms {
    return this.#ended ?? this.table.terms(this.row)
  }

  get organisationId(): string {
    return this.#terms.organisationId
  }

  get version(): Registration['version'] {
    return this.#terms.version
  }

  get binding(): string {
    return this.#terms.binding
  }

  get queueMode(): boolean {
    return this.#terms.queueMode
  }

  get objectLinks(): Registration['objectLinks'] {
    return this.#terms.objectLinks
  }

  get definitions(): Registration['definitions'] {
    return this.#terms.definitions
  }

  get contentFormat(): number | undefined {
    return this.#terms.contentFormat
  }

  get lifetime(): number {
    return this.#ended?.lifetime ?? this.table.lifetime(this.row)
  }

  get peer(): Peer {
    return this.#ended?.peer ?? this.table.peer(this.row)
  }

  get registeredAt(): number {
    return this.#ended?.registeredAt ?? this.table.moment(this.row, Moment.registeredAt)
  }

  get updatedAt(): number {
    return this.#ended?.updatedAt ?? this.table.moment(this.row, Moment.updatedAt)
  }

  get expiresAt(): number {
    return this.#ended?.expiresAt ?? this.table.moment(this.row, Moment.expiresAt)
  }

  get awakeUntil(): number {
    return this.#ended?.awakeUntil ?? this.table.moment(this.row, Moment.awakeUntil)
  }

  set awakeUntil(milliseconds: number) {
    if (this.isLive) this.table.setMoment(this.row, Moment.awakeUntil, milliseconds)
  }

  /** The client was heard and has until `expiresAt`, both in epoch milliseconds. */
  updated(updatedAt: number, expiresAt: number): void {
    if (!this.isLive) return
    this.table.setMoment(this.row, Moment.updatedAt, updatedAt)
    this.table.setMoment(this.row, Moment.expiresAt, expiresAt)
  }

  /** Changes what is named. */
  change(changes: Changes): void {
    if (this.isLive) this.table.change(this.row, changes)
  }

  /** Who the client has proved to be; as `peer.identity`, without making the peer. */
  get identity(): string | undefined {
    return this.isLive ? this.table.identity(this.row) : this.peer.identity
  }

  /** Whether this is where the client is known to be; as comparing `peer.id`, without making the peer. */
  isAt(peer: Peer): boolean {
    return this.isLive ? this.table.isAt(this.row, peer) : this.peer.id === peer.id
  }

  /** Takes note that the client speaks from another address or port now. */
  moved(peer: Peer): void {
    if (this.isLive) this.table.move(this.row, peer)
  }

  /** All values as they are now, in an object of their own. */
  values(): Registration {
    return {
      deviceId: this.deviceId,
      organisationId: this.organisationId,
      endpoint: this.endpoint,
      location: this.location,
      version: this.version,
      lifetime: this.lifetime,
      binding: this.binding,
      queueMode: this.queueMode,
      peer: this.peer,
      objectLinks: this.objectLinks,
      definitions: this.definitions,
      contentFormat: this.contentFormat,
      registeredAt: this.registeredAt,
      updatedAt: this.updatedAt,
      expiresAt: this.expiresAt,
      awakeUntil: this.awakeUntil,
    }
  }
}

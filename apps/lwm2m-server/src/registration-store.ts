import type { Clock } from '@fieldline/bytes'
import type { ObjectLinks } from '@fieldline/lwm2m'
import { parseObjectLinks } from '@fieldline/lwm2m'
import type { LwM2mVersion } from '@fieldline/lwm2m'
import { ObjectLists, addressOf } from '@fieldline/lwm2m-server'
import type { Registration, RegistrationDraft, RegistrationStore } from '@fieldline/lwm2m-server'
import type { Peer } from '@fieldline/coap'
import { Unproven, defaultOrganisationId } from '@fieldline/store'
import type { NewRegistration, RegistrationRepository, StoredRegistration } from '@fieldline/store'
import type { Contacts } from './contacts.js'
import type { NameConflicts } from './name-conflicts.js'
import { peerWithoutSession, sessionOf } from './session-peer.js'

/** PostgreSQL holds no infinity in a timestamp that JavaScript can read: a registration without end ends in the year 9999. */
const NO_END_MS = Date.UTC(9999, 0, 1)

export interface RegistrationStoreOptions {
  readonly repository: RegistrationRepository
  readonly contacts: Contacts
  readonly conflicts: NameConflicts
  readonly clock: Clock
  readonly admitUnknown: boolean
  /** The peer of a DTLS session that lives. */
  readonly findPeer: (id: string) => Peer | undefined
  /** A registration in the name of a device came without that device's proof. */
  readonly onUnproven: (endpoint: string, peer: Peer) => void
  readonly onChanged: (deviceId: string) => void
  readonly onCandidate: () => void
  readonly onFailed: (error: unknown) => void
}

/** The registration port of the LwM2M Server, kept in PostgreSQL. */
export class PostgresRegistrationStore implements RegistrationStore {
  constructor(private readonly options: RegistrationStoreOptions) {}

  /** Deadlines that passed while nobody listened are moved by that time and one cadence: nobody lapses because of us. */
  async load(): Promise<Registration[]> {
    const { repository, contacts, conflicts, clock } = this.options
    const now = clock.now()
    const lastListened = now - (await repository.listening(defaultOrganisationId, now, true))
    const lists = new ObjectLists()
    const loaded = await repository.loadLive()
    return loaded.map((row) => {
      if (row.contact) contacts.restore(row.deviceId, row.contact, lastListened)
      conflicts.restore(row.deviceId, row.marks)
      const version = row.lwm2mVersion as LwM2mVersion
      const cadenceMs = (row.contact?.cadenceSeconds ?? 0) * 1_000
      const extended = row.expiresAt > lastListened ? Math.max(row.expiresAt, now + cadenceMs) : row.expiresAt
      const registration: Registration = {
        deviceId: row.deviceId,
        organisationId: row.organisationId,
        endpoint: row.endpoint,
        location: row.location,
        version,
        lifetime: row.lifetime,
        binding: row.binding,
        queueMode: row.queueMode,
        peer: this.#peerOf(row),
        ...lists.of(linksOf(row.objectLinks), version),
        contentFormat: row.contentFormat ?? undefined,
        registeredAt: row.registeredAt,
        updatedAt: row.updatedAt,
        expiresAt: row.lifetime === 0 ? Number.POSITIVE_INFINITY : extended,
        awakeUntil: row.contact?.awakeUntil ?? 0,
      }
      contacts.touch(registration)
      return registration
    })
  }

  async register(
    draft: RegistrationDraft,
    before: Registration | undefined,
  ): Promise<{ deviceId: string; organisationId: string } | 'mismatch' | undefined> {
    const stored = await this.options.repository
      .register(defaultOrganisationId, toRow(draft), {
        admitUnknown: this.options.admitUnknown,
        before: before && { address: addressOf(before) },
      })
      .catch((error: unknown) => {
        if (!(error instanceof Unproven)) throw error
        return 'unproven' as const
      })
    if (stored === 'unproven') {
      this.options.onUnproven(draft.endpoint, draft.peer)
      return draft.peer.identity === undefined ? undefined : 'mismatch'
    }
    if (!stored) {
      this.options.onCandidate()
      return undefined
    }
    if (stored.contact && !this.options.contacts.stateOf(stored.deviceId))
      this.options.contacts.restore(stored.deviceId, stored.contact, this.options.clock.now())
    this.options.onChanged(stored.deviceId)
    return { deviceId: stored.deviceId, organisationId: defaultOrganisationId }
  }

  #peerOf({ address, port, session, identity }: StoredRegistration): Peer {
    if (session === undefined) return { id: addressOf({ peer: { id: '', address, port } }), address, port }
    const lost = peerWithoutSession(session, { address, port, identity })
    return this.options.findPeer(lost.id) ?? lost
  }

  async update(registration: Registration, changes: readonly string[]): Promise<void> {
    await this.options.repository.update(toStored(registration), changes)
    this.options.onChanged(registration.deviceId)
  }

  async end(registration: Registration, reason: 'deregistered' | 'expired'): Promise<void> {
    await this.options.contacts.flush()
    await this.options.repository.end(toStored(registration), reason, this.options.clock.now())
    this.options.onChanged(registration.deviceId)
  }

  contentFormatLearned({ deviceId, contentFormat }: Registration): void {
    if (contentFormat === undefined) return
    this.options.repository
      .setContentFormat(deviceId, contentFormat)
      .catch((error: unknown) => this.options.onFailed(error))
  }
}

function toRow(registration: RegistrationDraft): NewRegistration {
  return {
    endpoint: registration.endpoint,
    location: registration.location,
    lwm2mVersion: registration.version,
    lifetime: registration.lifetime,
    binding: registration.binding,
    queueMode: registration.queueMode,
    address: registration.peer.address,
    port: registration.peer.port,
    session: sessionOf(registration.peer),
    identity: registration.peer.identity,
    objectLinks: registration.objectLinks.text,
    contentFormat: registration.contentFormat ?? null,
    registeredAt: registration.registeredAt,
    updatedAt: registration.updatedAt,
    expiresAt: Math.min(registration.expiresAt, NO_END_MS),
  }
}

function toStored(registration: Registration): StoredRegistration {
  return {
    ...toRow(registration),
    deviceId: registration.deviceId,
    organisationId: registration.organisationId,
  }
}

/** The object list was readable when it was stored. */
function linksOf(text: string): ObjectLinks {
  return parseObjectLinks(new TextEncoder().encode(text))
}

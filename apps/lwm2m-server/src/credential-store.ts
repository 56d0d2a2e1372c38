import type { HeldCredential, SecurityNews, SessionRow, StoredCredential } from '@fieldline/store'

/** Where the keys of devices come from: the database, or one day a folder, a vault, a hardware module. */
export interface CredentialStore {
  /** The key behind an identity, as `nameOfIdentity` writes it; undefined if there is none. A rejection ends the handshake. */
  byIdentity(organisationId: string, identity: string): Promise<StoredCredential | undefined>
  /** The devices among these whose credential is not the same any more. */
  withdrawn(held: readonly HeldCredential[]): Promise<string[]>
  /** Adds up what happened on sessions and at handshakes; each device at most once. */
  note(news: readonly SecurityNews[]): Promise<void>
}

/** Where DTLS sessions outlive the process. */
export interface SessionStore {
  /**
   * Stores snapshots, each in the place of what there is of its device, but never in that of a later one of its own. Resolves to the names of those
   * that are durable now.
   */
  store(rows: readonly SessionRow[], now: number): Promise<readonly string[]>
  remove(names: readonly string[]): Promise<void>
  /** The stored session of each device, with the identity that the device has now; what cannot be opened is told and left out. */
  all(onBroken: (error: Error) => void): AsyncIterable<SessionRow & { readonly identity: string }>
}

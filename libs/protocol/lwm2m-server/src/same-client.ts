import type { Peer } from '@fieldline/coap'

/** What names a client in the table of registrations: who it has proved to be, or where it speaks from. */
export function nameOf(peer: Peer): string {
  return peer.identity ?? peer.id
}

/**
 * Whether a message on a registration's location is its client's own. Who registered with a proof speaks with the same proof ever after, from
 * any session and address; who registered without one is known by a location that nobody can guess, and has no proof to show.
 * @see LwM2M Transport 1.2 §5.2.6: the Endpoint Client Name is held against the identity of the handshake
 */
export function isSameClient(registered: Pick<Peer, 'identity'>, peer: Peer): boolean {
  return registered.identity === peer.identity
}

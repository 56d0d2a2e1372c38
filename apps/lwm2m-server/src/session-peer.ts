import type { Peer } from '@fieldline/coap'

const prefix = 'dtls:'

/** The name of the DTLS session that a peer speaks through; undefined without security. */
export function sessionOf({ id }: Peer): string | undefined {
  return id.startsWith(prefix) ? id.slice(prefix.length) : undefined
}

/** A peer whose session is over: nothing reaches it, and its next one is known by its identity. */
export function peerWithoutSession(
  session: string,
  where: { readonly address: string; readonly port: number; readonly identity: string | undefined },
): Peer {
  const { address, port, identity } = where
  return { id: prefix + session, address, port, ...(identity === undefined ? {} : { identity }) }
}

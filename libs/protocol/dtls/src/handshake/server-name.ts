import { ByteReader, ByteWriter } from '@fieldline/bytes'
import { HandshakeFault } from '../faults.js'
import { ExtensionType } from '../wire.js'
import { expectEnd } from './hello.js'
import type { Extensions } from './hello.js'
import { vector } from './message.js'

/** The only kind of name that was ever defined (RFC 6066 §3). */
const hostName = 0
/** Longest host name, and longest label of it (RFC 1035 §2.3.4). */
const maxName = 253
const maxLabel = 63

/** Letters, digits, hyphens and, because the field has them, underscores; neither empty nor with a hyphen at an end. */
const label = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/i
/** Addresses are no names; some clients send them all the same. */
const address = /^(\d+(\.\d+){3}|[0-9a-f:.]*:[0-9a-f:.]*(%[\w.-]+)?)$/i

/** Not asked of what is longer than any name: the pattern would take time that grows with the square of it. */
const isAddress = (text: string): boolean => text.length <= maxName && address.test(text)

/** Whether a text may be sent as a server name: a DNS host name in ASCII, without a dot at its end, and no address (RFC 6066 §3). */
export function isHostName(text: string): boolean {
  return (
    text.length <= maxName &&
    !isAddress(text) &&
    text.split('.').every((one) => one.length <= maxLabel && label.test(one))
  )
}

/**
 * The host name of a ClientHello's server_name extension in lower case; undefined without the extension, without a name of that kind, and for an
 * address, which is none. Throws `HandshakeFault` or `ProtocolError` for anything else.
 */
export function serverNameOf(extensions: Extensions): string | undefined {
  const body = extensions.get(ExtensionType.ServerName)
  if (body === undefined) return undefined
  const reader = new ByteReader(body)
  const list = new ByteReader(vector.read16(reader))
  expectEnd(reader, 'server_name')
  if (list.remaining === 0) throw new HandshakeFault('malformed-message', 'server_name without a name')
  let name: string | undefined
  while (list.remaining > 0) {
    const type = list.u8()
    const value = vector.read16(list)
    if (type !== hostName) continue
    // RFC 6066 §3: not two of one kind
    if (name !== undefined) throw new HandshakeFault('illegal-parameter', 'server_name has two names')
    name = Buffer.from(value).toString('latin1')
  }
  if (name === undefined || isAddress(name)) return undefined
  if (!isHostName(name)) throw new HandshakeFault('illegal-parameter', 'server_name is no host name')
  return name.toLowerCase()
}

/** The body of the extension that asks for a host name. */
export function serverName(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name)
  return new ByteWriter(bytes.length + 5)
    .u16(bytes.length + 3)
    .u8(hostName)
    .u16(bytes.length)
    .bytes(bytes)
    .finish()
}

import { plainRecord, recordHeader } from '../record/record.js'
import type { Session } from '../session/session.js'
import { ContentType, HandshakeType, concat } from '../wire.js'
import { handshakeHeader, writeFragment } from './message.js'

/** A message of a flight; kept as a message, because each retransmission takes new record numbers. */
export type FlightItem =
  | {
      readonly kind: 'message'
      readonly type: number
      readonly sequence: number
      readonly body: Uint8Array
      readonly epoch: number
    }
  | { readonly kind: 'change-cipher-spec' }

/** The most that protection adds to a record: header, IV, padding, MAC and a Connection ID of the longest kind in use. */
const overhead = recordHeader + 16 + 16 + 32 + 33

/** The body of a ChangeCipherSpec. */
export const changeCipherSpec = Uint8Array.of(1)

/** Puts a flight into datagrams of at most `mtu` bytes, fragmenting what is longer (RFC 6347 §4.2.3). `nextPlain` numbers records of epoch 0. */
export function packFlight(
  items: readonly FlightItem[],
  mtu: number,
  nextPlain: () => number,
  session: Session | undefined,
): Uint8Array[] {
  const datagrams: Uint8Array[][] = []
  let room = 0
  const put = (record: Uint8Array): void => {
    if (record.length > room || datagrams.length === 0) {
      datagrams.push([])
      room = mtu
    }
    datagrams.at(-1)?.push(record)
    room -= record.length
  }
  const room0 = Math.max(mtu - recordHeader - handshakeHeader, 32)
  const room1 = Math.max(mtu - overhead - handshakeHeader, 32)
  for (const item of items) {
    if (item.kind === 'change-cipher-spec') {
      put(plainRecord(ContentType.ChangeCipherSpec, nextPlain(), changeCipherSpec))
      continue
    }
    // a ClientHello stays whole: servers check its cookie before they keep anything (RFC 6347 §4.2.1)
    const chunk =
      item.type === HandshakeType.ClientHello ? item.body.length : item.epoch === 0 ? room0 : room1
    let start = 0
    do {
      const end = Math.min(start + chunk, item.body.length)
      const fragment = writeFragment(item.type, item.sequence, item.body, start, end)
      const record =
        item.epoch === 0
          ? plainRecord(ContentType.Handshake, nextPlain(), fragment)
          : session?.seal(ContentType.Handshake, fragment)
      if (record) put(record)
      start = end
    } while (start < item.body.length)
  }
  return datagrams.map((records) => (records.length === 1 ? records[0] : concat(...records)))
}

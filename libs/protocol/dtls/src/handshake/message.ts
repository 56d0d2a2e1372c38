import { ByteReader } from '@fieldline/bytes'

/** A fragment of a handshake message as it lies in a record. */
export interface Fragment {
  readonly type: number
  /** Bytes of the whole message. */
  readonly length: number
  readonly messageSequence: number
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Type, length, message sequence, fragment offset, fragment length (RFC 6347 §4.2.2). */
export const handshakeHeader = 12

/** Writes one fragment, header and bytes. */
export function writeFragment(
  type: number,
  messageSequence: number,
  body: Uint8Array,
  start: number,
  end: number,
): Uint8Array {
  const fragment = new Uint8Array(handshakeHeader + end - start)
  fragment[0] = type
  writeUint24(fragment, 1, body.length)
  fragment[4] = messageSequence >> 8
  fragment[5] = messageSequence
  writeUint24(fragment, 6, start)
  writeUint24(fragment, 9, end - start)
  fragment.set(start === 0 && end === body.length ? body : body.subarray(start, end), handshakeHeader)
  return fragment
}

function writeUint24(into: Uint8Array, at: number, value: number): void {
  into[at] = value >> 16
  into[at + 1] = value >> 8
  into[at + 2] = value
}

/** A message as the transcript sees it, in one piece (RFC 6347 §4.2.6). */
export function wholeMessage(type: number, messageSequence: number, body: Uint8Array): Uint8Array {
  return writeFragment(type, messageSequence, body, 0, body.length)
}

/** Reads the fragments of a record's content. Throws `ProtocolError` where they do not fill it exactly. */
export function readFragments(content: Uint8Array): Fragment[] {
  const fragments: Fragment[] = []
  const reader = new ByteReader(content)
  while (reader.remaining > 0) {
    const type = reader.u8()
    const length = reader.u24()
    const messageSequence = reader.u16()
    const offset = reader.u24()
    fragments.push({ type, length, messageSequence, offset, bytes: reader.bytes(reader.u24()) })
  }
  return fragments
}

/** A vector with its length before it in one, two or three bytes (RFC 5246 §4.3). */
export const vector = {
  read8: (reader: ByteReader): Uint8Array => reader.bytes(reader.u8()),
  read16: (reader: ByteReader): Uint8Array => reader.bytes(reader.u16()),
  read24: (reader: ByteReader): Uint8Array => reader.bytes(reader.u24()),
}

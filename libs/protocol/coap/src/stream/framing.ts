/**
 * RFC 8323 §3.2: over a reliable stream a message has its length in front, and neither type nor Message ID. Token, options and payload are
 * encoded as in a datagram, so that everything behind this file works with datagrams.
 */

const headerBytes = 4
/** First byte, four bytes of extended length, code. */
const longestHead = 6

/** Bytes that the extended token length takes for a TKL nibble (RFC 8974 §2.1). */
function tokenExtension(nibble: number): number {
  return nibble === 13 ? 1 : nibble === 14 ? 2 : 0
}

/** The stream message that says what `datagram`, a well-formed message over datagrams, says. */
export function toFrame(datagram: Uint8Array): Uint8Array {
  const nibble = datagram[0] & 15
  const extension = tokenExtension(nibble)
  const tokenLength =
    extension === 0 ? nibble : extension === 1 ? datagram[4] + 13 : ((datagram[4] << 8) | datagram[5]) + 269
  // Len counts options, payload marker and payload.
  const length = datagram.length - headerBytes - extension - tokenLength
  const lengthBytes = length < 13 ? 0 : length < 269 ? 1 : length < 65805 ? 2 : 4
  const frame = new Uint8Array(2 + lengthBytes + datagram.length - headerBytes)
  const view = new DataView(frame.buffer)
  frame[0] = ((lengthBytes === 0 ? length : lengthBytes === 4 ? 15 : 12 + lengthBytes) << 4) | nibble
  if (lengthBytes === 1) view.setUint8(1, length - 13)
  else if (lengthBytes === 2) view.setUint16(1, length - 269)
  else if (lengthBytes === 4) view.setUint32(1, length - 65805)
  frame[1 + lengthBytes] = datagram[1]
  frame.set(datagram.subarray(headerBytes), 2 + lengthBytes)
  return frame
}

/** Why a stream cannot be read on: there is no way back to the beginning of a message. */
export class FramingError extends Error {
  override readonly name = 'FramingError'
}

/** Cuts a stream into messages. */
export class FrameReader {
  #held = new Uint8Array(256)
  #start = 0
  #end = 0

  /** @param maxMessage bytes of the longest message taken, header included: the Max-Message-Size that was announced */
  constructor(private readonly maxMessage: number) {}

  /** Takes what has arrived; `next` gives the messages in it. */
  push(chunk: Uint8Array): void {
    const length = this.#end - this.#start
    if (this.#end + chunk.length > this.#held.length) {
      const needed = length + chunk.length
      const room = needed > this.#held.length ? new Uint8Array(2 * needed) : this.#held
      room.set(this.#held.subarray(this.#start, this.#end))
      this.#held = room
      this.#start = 0
      this.#end = length
    }
    this.#held.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /**
   * The next message as a datagram with Message ID 0 and type confirmable, in memory of its own; undefined until it is whole. Throws
   * `FramingError` for the reserved token length 15 and for a message longer than announced.
   */
  next(): Uint8Array | undefined {
    const held = this.#held
    const at = this.#start
    const available = this.#end - at
    if (available < 2) return undefined
    const nibble = held[at] & 15
    if (nibble === 15) throw new FramingError('token length 15 is reserved')
    const lengthNibble = held[at] >> 4
    const lengthBytes = lengthNibble < 13 ? 0 : lengthNibble === 15 ? 4 : lengthNibble - 12
    const extension = tokenExtension(nibble)
    const head = 2 + lengthBytes + extension
    if (available < head) return undefined
    const view = new DataView(held.buffer, at, Math.min(available, longestHead + 2))
    const length =
      lengthBytes === 0
        ? lengthNibble
        : lengthBytes === 1
          ? view.getUint8(1) + 13
          : lengthBytes === 2
            ? view.getUint16(1) + 269
            : view.getUint32(1) + 65805
    const tokenLength =
      extension === 0
        ? nibble
        : extension === 1
          ? view.getUint8(head - 1) + 13
          : view.getUint16(head - 2) + 269
    const total = head + tokenLength + length
    if (total > this.maxMessage)
      throw new FramingError(`a message of ${total} bytes, at most ${this.maxMessage}`)
    if (available < total) return undefined
    const datagram = new Uint8Array(headerBytes + total - 2 - lengthBytes)
    datagram[0] = 0x40 | nibble
    datagram[1] = held[at + 1 + lengthBytes]
    datagram.set(held.subarray(at + 2 + lengthBytes, at + total), headerBytes)
    this.#start += total
    if (this.#start === this.#end) this.#start = this.#end = 0
    return datagram
  }
}

import { Code, ProtocolError } from './errors.js'

/**
 * Reads big-endian numbers and slices from a byte region; every read is bounds-checked and fails with a `ProtocolError`
 * (4.00) naming the offset. Slices are views, not copies.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  #position: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#position = start
    this.#end = end
  }

  /** Offset of the next byte, from the start of the array. */
  get position(): number {
    return this.#position
  }

  /** Bytes left to read. */
  get remaining(): number {
    return this.#end - this.#position
  }

  #take(count: number): number {
    const at = this.#position
    if (count > this.#end - at) {
      throw new ProtocolError(
        Code.BadRequest,
        `ends at byte ${this.#end}, ${count} more wanted at byte ${at}`,
      )
    }
    this.#position = at + count
    return at
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  u24(): number {
    const at = this.#take(3)
    return (this.#bytes[at]! << 16) | (this.#bytes[at + 1]! << 8) | this.#bytes[at + 2]!
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8))
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4))
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  /** The next `length` bytes as a view of the same memory. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }
}

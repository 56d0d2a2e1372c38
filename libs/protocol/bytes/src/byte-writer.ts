/** Appends big-endian numbers and bytes to a buffer that grows by doubling. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length
  }

  #reserve(count: number): number {
    const at = this.#length
    const wanted = at + count
    if (wanted > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#length = wanted
    return at
  }

  u8(value: number): this {
    const at = this.#reserve(1) // first: it may replace the buffer
    this.#bytes[at] = value
    return this
  }

  u16(value: number): this {
    const at = this.#reserve(2) // first: it may replace the view
    this.#view.setUint16(at, value)
    return this
  }

  u24(value: number): this {
    this.u8(value >>> 16)
    return this.u16(value & 0xffff)
  }

  u32(value: number): this {
    const at = this.#reserve(4) // first: it may replace the view
    this.#view.setUint32(at, value)
    return this
  }

  u64(value: bigint): this {
    const at = this.#reserve(8) // first: it may replace the view
    this.#view.setBigUint64(at, value)
    return this
  }

  f32(value: number): this {
    const at = this.#reserve(4) // first: it may replace the view
    this.#view.setFloat32(at, value)
    return this
  }

  f64(value: number): this {
    const at = this.#reserve(8) // first: it may replace the view
    this.#view.setFloat64(at, value)
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }
}

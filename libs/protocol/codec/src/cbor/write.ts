import { ByteWriter } from '@fieldline/bytes'
import { toUtf8 } from '../utf8.js'

/** Appends CBOR data items in the shortest form; floats as 32 bits where those are exact, else as 64. @see RFC 8949 §4.2 */
export class CborWriter {
  readonly #writer = new ByteWriter()

  #head(major: number, argument: number | bigint): this {
    const type = major << 5
    if (argument < 24) this.#writer.u8(type | Number(argument))
    else if (argument <= 0xff) this.#writer.u8(type | 24).u8(Number(argument))
    else if (argument <= 0xffff) this.#writer.u8(type | 25).u16(Number(argument))
    else if (argument <= 0xffff_ffff) this.#writer.u8(type | 26).u32(Number(argument))
    else this.#writer.u8(type | 27).u64(BigInt(argument))
    return this
  }

  /** An integer in −2^64..2^64−1. */
  integer(value: number | bigint): this {
    if (value >= 0) return this.#head(0, value)
    const argument = -1n - BigInt(value)
    return this.#head(1, argument)
  }

  float(value: number): this {
    if (Object.is(Math.fround(value), value)) this.#writer.u8(0xfa).f32(value)
    else this.#writer.u8(0xfb).f64(value)
    return this
  }

  boolean(value: boolean): this {
    this.#writer.u8(value ? 0xf5 : 0xf4)
    return this
  }

  null(): this {
    this.#writer.u8(0xf6)
    return this
  }

  text(value: string): this {
    const bytes = toUtf8(value)
    this.#head(3, bytes.length)
    this.#writer.bytes(bytes)
    return this
  }

  bytes(value: Uint8Array): this {
    this.#head(2, value.length)
    this.#writer.bytes(value)
    return this
  }

  /** The head of an array; `count` items follow. */
  array(count: number): this {
    return this.#head(4, count)
  }

  /** The head of a map; `count` pairs follow. */
  map(count: number): this {
    return this.#head(5, count)
  }

  finish(): Uint8Array {
    return this.#writer.finish()
  }
}

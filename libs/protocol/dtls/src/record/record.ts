import { Version } from '../wire.js'

/** A record as it lies in a datagram; every array is a view of it, made when it is wanted. */
export class RecordView {
  constructor(
    readonly type: number,
    readonly epoch: number,
    /** 48 bits. */
    readonly sequence: number,
    readonly fragment: Uint8Array,
    readonly datagram: Uint8Array,
    /** Where the record begins in the datagram, its Connection ID ends, and the record ends. */
    readonly start: number,
    readonly cidEnd: number,
    readonly end: number,
  ) {}

  /** Epoch and sequence number as they travel, 8 bytes. */
  get number(): Uint8Array {
    return this.datagram.subarray(this.start + 3, this.start + 11)
  }

  /** Empty unless the content type is 25. */
  get cid(): Uint8Array {
    return this.datagram.subarray(this.start + 11, this.cidEnd)
  }

  /** The whole record. */
  get bytes(): Uint8Array {
    return this.datagram.subarray(this.start, this.end)
  }
}

/** Type, version, epoch, sequence number, length (RFC 6347 §4.1). */
export const recordHeader = 13
/** A protected record may be this much longer than 2^14 bytes (RFC 6347 §4.1, RFC 5246 §6.2.3). */
const maxFragment = 2 ** 14 + 2048

export const maxSequence = 2 ** 48 - 1

/**
 * The record at `offset` of a datagram, or undefined if there is none whole: the rest of the datagram is then noise. `cidLength` is that of our
 * own Connection IDs; 0 refuses content type 25. Never throws.
 */
export function readRecord(datagram: Uint8Array, offset: number, cidLength: number): RecordView | undefined {
  if (offset + recordHeader > datagram.length) return undefined
  const type = datagram[offset]
  // RFC 9146 §4: the Connection ID stands between sequence number and length
  const cidEnd = offset + 11 + (type === 25 ? cidLength : 0)
  if ((type === 25 && cidLength === 0) || cidEnd + 2 > datagram.length) return undefined
  const version = (datagram[offset + 1] << 8) | datagram[offset + 2]
  const epoch = (datagram[offset + 3] << 8) | datagram[offset + 4]
  // a first ClientHello may say DTLS 1.0 (RFC 6347 §4.2.1); nothing protected does
  if (version !== Version.Dtls12 && (version !== Version.Dtls10 || epoch !== 0)) return undefined
  const length = (datagram[cidEnd] << 8) | datagram[cidEnd + 1]
  const end = cidEnd + 2 + length
  if (length > maxFragment || end > datagram.length) return undefined
  const high = (datagram[offset + 5] << 8) | datagram[offset + 6]
  const low =
    datagram[offset + 7] * 0x1000000 +
    ((datagram[offset + 8] << 16) | (datagram[offset + 9] << 8) | datagram[offset + 10])
  return new RecordView(
    type,
    epoch,
    high * 2 ** 32 + low,
    datagram.subarray(cidEnd + 2, end),
    datagram,
    offset,
    cidEnd,
    end,
  )
}

/** Writes the header of a record whose fragment has `length` bytes; returns where the fragment begins. */
export function writeRecordHeader(
  into: Uint8Array,
  type: number,
  version: number,
  epoch: number,
  sequence: number,
  cid: Uint8Array,
  length: number,
): number {
  const high = Math.floor(sequence / 2 ** 32)
  into[0] = type
  into[1] = version >> 8
  into[2] = version
  into[3] = epoch >> 8
  into[4] = epoch
  into[5] = high >> 8
  into[6] = high
  into[7] = sequence / 2 ** 24
  into[8] = sequence / 2 ** 16
  into[9] = sequence / 2 ** 8
  into[10] = sequence
  into.set(cid, 11)
  into[11 + cid.length] = length >> 8
  into[12 + cid.length] = length
  return recordHeader + cid.length
}

/** A record of epoch 0: nothing is protected. */
export function plainRecord(
  type: number,
  sequence: number,
  fragment: Uint8Array,
  version: number = Version.Dtls12,
): Uint8Array {
  const record = new Uint8Array(recordHeader + fragment.length)
  record.set(
    fragment,
    writeRecordHeader(record, type, version, 0, sequence, new Uint8Array(0), fragment.length),
  )
  return record
}

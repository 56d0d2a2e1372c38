import { bigEndian, join } from '../bytes.js'

/** A handshake message, or a fragment of one. */
export interface Piece {
  type: number
  /** What its header says of the whole; undefined for the length of `body`. */
  length?: number
  sequence: number
  offset: number
  body: Uint8Array
}

/** A record as it lies in a datagram; `pieces` in the place of `content` for handshake messages of epoch 0. */
export interface Record {
  type: number
  version: number
  epoch: number
  sequence: number
  /** Added to what the header says of the length. */
  lie: number
  content: Uint8Array
  pieces?: Piece[]
}

export const recordType = { change: 20, alert: 21, handshake: 22, data: 23, cid: 25 } as const
export const handshakeType = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const
export const dtls12 = 0xfefd

const number = (bytes: Uint8Array, at: number, length: number): number => {
  let value = 0
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}

function readPieces(content: Uint8Array): Piece[] | undefined {
  const pieces: Piece[] = []
  for (let at = 0; at < content.length;) {
    const end = at + 12 + number(content, at + 9, 3)
    if (end > content.length) return undefined
    pieces.push({
      type: content[at],
      length: number(content, at + 1, 3),
      sequence: number(content, at + 4, 2),
      offset: number(content, at + 6, 3),
      body: content.slice(at + 12, end),
    })
    at = end
  }
  return pieces
}

/** The records of a datagram as far as they can be read. A Connection ID counts as content; one of unknown length ends the reading. */
export function readRecords(datagram: Uint8Array, cidLength = 0): Record[] {
  const records: Record[] = []
  for (let at = 0; at + 13 <= datagram.length;) {
    const skip = datagram[at] === recordType.cid ? cidLength : 0
    if (datagram[at] === recordType.cid && skip === 0) break
    const end = at + 13 + skip + number(datagram, at + 11 + skip, 2)
    if (end > datagram.length) break
    const record: Record = {
      type: datagram[at],
      version: number(datagram, at + 1, 2),
      epoch: number(datagram, at + 3, 2),
      sequence: number(datagram, at + 5, 6),
      lie: 0,
      content: skip > 0 ? datagram.slice(at + 11, end) : datagram.slice(at + 13, end),
    }
    if (record.type === recordType.handshake && record.epoch === 0) record.pieces = readPieces(record.content)
    records.push(record)
    at = end
  }
  return records
}

/** What follows the records that could be read. */
export function tailOf(datagram: Uint8Array, records: readonly Record[]): Uint8Array {
  return datagram.subarray(records.reduce((sum, { content }) => sum + 13 + content.length, 0))
}

/** A piece with its header. */
export function writePiece({ type, length, sequence, offset, body }: Piece): Uint8Array {
  return join(
    type & 255,
    bigEndian(length ?? body.length, 3),
    bigEndian(sequence, 2),
    bigEndian(offset, 3),
    bigEndian(body.length, 3),
    body,
  )
}

/** A record with its header; one with a Connection ID has it, and its length, in its content. */
export function writeRecord({ type, version, epoch, sequence, lie, content, pieces }: Record): Uint8Array {
  const inside = pieces ? join(...pieces.map(writePiece)) : content
  const length = type === recordType.cid ? new Uint8Array(0) : bigEndian(inside.length + lie, 2)
  return join(type & 255, bigEndian(version, 2), bigEndian(epoch, 2), bigEndian(sequence, 6), length, inside)
}

export function writeRecords(records: readonly Record[]): Uint8Array {
  return join(...records.map(writeRecord))
}

/** A plain record with one whole message. */
export function plainMessage(
  type: number,
  sequence: number,
  body: Uint8Array,
  recordSequence: number,
): Uint8Array {
  const pieces = [{ type, sequence, offset: 0, body }]
  return writeRecord({
    type: recordType.handshake,
    version: dtls12,
    epoch: 0,
    sequence: recordSequence,
    lie: 0,
    content: new Uint8Array(0),
    pieces,
  })
}

/** A hello in parts: what stands before the extensions, and these. */
export interface Hello {
  before: Uint8Array
  extensions: [number, Uint8Array][]
}

/** Reads a ClientHello or ServerHello; undefined where it is no such. */
export function readHello(type: number, body: Uint8Array): Hello | undefined {
  let at = 34
  at += 1 + (body[at] ?? 0)
  if (type === handshakeType.clientHello) {
    at += 1 + (body[at] ?? 0)
    at += 2 + number(body, at, 2)
    at += 1 + (body[at] ?? 0)
  } else at += 3
  if (at > body.length) return undefined
  const extensions: [number, Uint8Array][] = []
  for (let next = at + 2; next + 4 <= body.length;) {
    const end = next + 4 + number(body, next + 2, 2)
    if (end > body.length) return undefined
    extensions.push([number(body, next, 2), body.slice(next + 4, end)])
    next = end
  }
  return { before: body.slice(0, at), extensions }
}

export function writeHello({ before, extensions }: Hello): Uint8Array {
  if (extensions.length === 0) return before
  const list = join(
    ...extensions.map(([type, body]) => join(bigEndian(type, 2), bigEndian(body.length, 2), body)),
  )
  return join(before, bigEndian(list.length, 2), list)
}

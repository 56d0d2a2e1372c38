import { join } from '../bytes.js'
import {
  dtls12,
  handshakeType,
  readHello,
  readRecords,
  recordType,
  tailOf,
  writeHello,
  writeRecords,
} from './wire.js'
import type { Piece, Record } from './wire.js'

/** What an operation works on: a datagram in parts, and what else it may take from. */
interface Work {
  records: Record[]
  /** What has a Connection ID before its length. */
  tail: Uint8Array
  readonly history: readonly Uint8Array[]
  readonly bodies: readonly (readonly [number, Uint8Array])[]
}

/** Two numbers of 0 to 255 that a recipe gives to each operation. */
type Operation = (work: Work, where: number, value: number) => void

const edges = [0, 1, 2, 3, 0x7f, 0x80, 0xff, 0xffff, 0x7fff, 0xffffff, 2 ** 47, 2 ** 48 - 1]
const types = [...Object.values(handshakeType), 0, 4, 22, 99]
const extensionTypes = [0, 10, 11, 13, 19, 20, 22, 23, 35, 53, 54, 0xff01, 0x1234]

const at = <T>(from: readonly T[], where: number): T | undefined => from[where % Math.max(1, from.length)]
const piecesOf = (work: Work): Piece[] => work.records.flatMap(({ pieces }) => pieces ?? [])

/** Bytes with one changed, put in or taken out. */
function nudge(bytes: Uint8Array, where: number, value: number): Uint8Array {
  const place = bytes.length === 0 ? 0 : Math.floor((where / 256) * bytes.length)
  const kind = value & 3
  if (kind === 0) return join(bytes.subarray(0, place), value >> 2, bytes.subarray(place))
  if (kind === 1) return join(bytes.subarray(0, place), bytes.subarray(place + 1 + (value >> 4)))
  const changed = bytes.slice()
  if (place < changed.length) changed[place] = kind === 2 ? changed[place] ^ (1 << (value >> 5)) : value
  return changed
}

function inHello(piece: Piece | undefined, change: (extensions: [number, Uint8Array][]) => void): void {
  if (!piece || (piece.type !== handshakeType.clientHello && piece.type !== handshakeType.serverHello)) return
  const hello = readHello(piece.type, piece.body)
  if (!hello) return
  change(hello.extensions)
  piece.body = writeHello(hello)
  piece.length = undefined
}

/** Every way to change a datagram in the air. What is changed inside keeps its lengths right, so that it is read. */
const operations: readonly Operation[] = [
  function typeOfRecord(work, where, value) {
    const record = at(work.records, where)
    if (record) record.type = [20, 21, 22, 23, 24, 25, value][value % 7]
  },
  function versionOrEpoch(work, where, value) {
    const record = at(work.records, where)
    if (!record) return
    if (value & 1) record.version = [0xfeff, dtls12, 0xfefc, 0x0303, 0x0100][(value >> 1) % 5]
    else record.epoch = edges[(value >> 1) % 8]
  },
  function numberOfRecord(work, where, value) {
    const record = at(work.records, where)
    if (record) record.sequence = value & 1 ? edges[(value >> 1) % edges.length] : record.sequence + value
  },
  function lengthOfRecord(work, where, value) {
    const record = at(work.records, where)
    if (record) record.lie = value - 128
  },
  function contentOfRecord(work, where, value) {
    const record = at(work.records, value)
    if (!record) return
    if (record.pieces) record.content = writeRecords([record]).slice(13)
    record.pieces = undefined
    record.content = nudge(record.content, where, value)
  },
  function withoutRecord(work, where) {
    work.records.splice(where % Math.max(1, work.records.length), 1)
  },
  function recordTwice(work, where, value) {
    const record = at(work.records, where)
    if (record) work.records.splice(value % work.records.length, 0, record)
  },
  function inOtherOrder(work) {
    work.records.reverse()
  },
  function fromBefore(work, where, value) {
    const old = at(work.history, where)
    if (!old) return
    const found = readRecords(old)
    if (value & 1) work.records.push(...found)
    else work.records = found
  },
  function typeOfMessage(work, where, value) {
    const piece = at(piecesOf(work), where)
    if (piece) piece.type = types[value % types.length]
  },
  function numberOfMessage(work, where, value) {
    const piece = at(piecesOf(work), where)
    if (piece) piece.sequence = value & 1 ? edges[(value >> 1) % edges.length] : value >> 3
  },
  function placeOfMessage(work, where, value) {
    const piece = at(piecesOf(work), where)
    if (!piece) return
    if (value & 1) piece.offset = edges[(value >> 1) % 10]
    else piece.length = edges[(value >> 1) % 10]
  },
  function bodyOfMessage(work, where, value) {
    const piece = at(piecesOf(work), value >> 2)
    if (!piece) return
    piece.body = nudge(piece.body, where, value)
    piece.length = undefined
  },
  function otherBody(work, where, value) {
    const piece = at(piecesOf(work), where)
    const body =
      piece &&
      at(
        work.bodies.filter(([type]) => type === piece.type),
        value,
      )
    if (!piece || !body) return
    piece.body = body[1]
    piece.length = undefined
  },
  function anotherMessage(work, where, value) {
    const body = at(work.bodies, where)
    const [record] = work.records
    if (!body || !record?.pieces) return
    record.pieces.push({ type: body[0], sequence: value % 8, offset: 0, body: body[1] })
  },
  function extensionGone(work, where) {
    inHello(
      at(piecesOf(work), 0),
      (extensions) => void extensions.splice(where % Math.max(1, extensions.length), 1),
    )
  },
  function extensionTwice(work, where) {
    inHello(
      at(piecesOf(work), 0),
      (extensions) => void extensions.push(...extensions.slice(where % 4, (where % 4) + 1)),
    )
  },
  function extensionChanged(work, where, value) {
    inHello(at(piecesOf(work), 0), (extensions) => {
      const extension = at(extensions, value >> 3)
      if (extension) extension[1] = nudge(extension[1], where, value)
    })
  },
  function extensionMore(work, where, value) {
    inHello(at(piecesOf(work), 0), (extensions) => {
      extensions.push([extensionTypes[where % extensionTypes.length], new Uint8Array(value >> 4).fill(value)])
    })
  },
  function helloField(work, where, value) {
    const piece = at(piecesOf(work), 0)
    if (!piece || piece.body.length < 40) return
    piece.body = piece.body.slice()
    // version, lengths of session id and cookie, and a little beyond
    piece.body[[0, 1, 34, 35, 36, 37, 60, 61][where % 8]] = value
  },
  function inFragments(work, where, value) {
    const size = 1 + (value >> 1)
    for (const record of work.records) {
      if (!record.pieces) continue
      record.pieces = record.pieces.flatMap((piece) =>
        Array.from({ length: Math.max(1, Math.ceil(piece.body.length / size)) }, (_, i) => ({
          ...piece,
          length: piece.length ?? piece.body.length,
          offset: piece.offset + Math.max(0, i * size - (where & 1)),
          body: piece.body.slice(Math.max(0, i * size - (where & 1)), (i + 1) * size),
        })),
      )
      if (where & 2) record.pieces.reverse()
    }
    if (value & 1)
      work.records = work.records.flatMap((record) =>
        record.pieces
          ? record.pieces.map((piece, i) => ({ ...record, sequence: record.sequence + i, pieces: [piece] }))
          : [record],
      )
  },
  function alert(work, where, value) {
    work.records.push({ type: recordType.alert, version: dtls12, epoch: 0, sequence: 70 + where, lie: 0, content: Uint8Array.of(1 + (where & 1), value) }) // prettier-ignore
  },
  function change(work, where, value) {
    work.records.push({ type: recordType.change, version: dtls12, epoch: where & 1, sequence: 70 + where, lie: 0, content: value & 1 ? Uint8Array.of(1) : Uint8Array.of(value, value) }) // prettier-ignore
  },
  function tail(work, where, value) {
    work.tail = nudge(work.tail, where, value)
  },
  function heldRecord(work, where, value) {
    work.records.unshift({ type: recordType.handshake, version: dtls12, epoch: 1, sequence: value, lie: 0, content: new Uint8Array(where).fill(value) }) // prettier-ignore
  },
]

/** Bytes of a recipe that make one operation: which, where, and with what. */
const perOperation = 3
const mostOperations = 6

/**
 * Changes a datagram by a recipe. A hello's extensions, a message's fragments and a record's fields are changed as such; only the last of the
 * recipe, a single byte if there is one, cuts the datagram off.
 */
export function tamper(
  datagram: Uint8Array,
  recipe: Uint8Array,
  history: readonly Uint8Array[],
  bodies: Work['bodies'],
): Uint8Array {
  const records = readRecords(datagram)
  const work: Work = { records, tail: tailOf(datagram, records), history, bodies }
  const rest = recipe.subarray(0, perOperation * mostOperations)
  let next = 0
  for (; next + perOperation <= rest.length; next += perOperation)
    operations[rest[next] % operations.length](work, rest[next + 1], rest[next + 2])
  const changed = join(writeRecords(work.records), work.tail)
  return rest.length > next ? changed.subarray(0, Math.floor((rest[next] / 256) * changed.length)) : changed
}

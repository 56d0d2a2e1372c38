import { ProtocolError, formatCode } from '@fieldline/bytes'
import { Type, decodeMessage, encodeMessage } from '@fieldline/coap'
import type { CoapMessage } from '@fieldline/coap'
import { parse } from 'coap-packet'
import type { ParsedPacket } from 'coap-packet'
import { sameBytes } from '../bytes.js'
import { BrokenPromise } from '../target.js'

/** Option numbers that coap-packet names; it gives the others as they are. */
const optionNumbers: Readonly<Record<string, number>> = {
  'If-Match': 1,
  'Uri-Host': 3,
  ETag: 4,
  'If-None-Match': 5,
  Observe: 6,
  'Uri-Port': 7,
  'Location-Path': 8,
  OSCORE: 9,
  'Uri-Path': 11,
  'Content-Format': 12,
  'Max-Age': 14,
  'Uri-Query': 15,
  'Hop-Limit': 16,
  Accept: 17,
  'Q-Block1': 19,
  'Location-Query': 20,
  Block2: 23,
  Block1: 27,
  Size2: 28,
  'Q-Block2': 31,
  'Proxy-Uri': 35,
  'Proxy-Scheme': 39,
  Size1: 60,
  'No-Response': 258,
  'OCF-Accept-Content-Format-Version': 2049,
  'OCF-Content-Format-Version': 2053,
}

/** Reads a datagram as we do and as coap-packet does; where both accept it, they must agree, and our own encoding of it must say the same. */
export function compareWithCoapPacket(datagram: Uint8Array): void {
  const ours = readOurs(datagram)
  if (!ours) return
  const again = decodeMessage(encodeMessage(ours))
  const ownDifference = differenceOf(ours, again)
  if (ownDifference) throw new BrokenPromise(`encoded and decoded again, the ${ownDifference} is another`)
  const theirs = readTheirs(datagram)
  if (!theirs) return
  const difference = differenceOf(ours, theirs)
  if (difference) throw new BrokenPromise(`coap-packet reads another ${difference}`)
}

function readOurs(datagram: Uint8Array): CoapMessage | undefined {
  try {
    return decodeMessage(datagram)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

type Comparable = Omit<CoapMessage, 'code'> & { readonly code: string | number }

function readTheirs(datagram: Uint8Array): Comparable | undefined {
  let packet: ParsedPacket
  try {
    packet = parse(Buffer.from(datagram))
  } catch {
    return undefined
  }
  const { messageId, token, payload, code } = packet
  const type = packet.confirmable
    ? Type.Confirmable
    : packet.ack
      ? Type.Acknowledgement
      : packet.reset
        ? Type.Reset
        : Type.NonConfirmable
  const options = packet.options.map(({ name, value }) => ({
    number: optionNumbers[name] ?? Number(name),
    value: new Uint8Array(value),
  }))
  return { type, code, messageId, token, options, payload }
}

/** The first field that differs. */
function differenceOf(ours: CoapMessage, other: Comparable): string | undefined {
  if (ours.type !== other.type) return 'type'
  const code = typeof other.code === 'string' ? formatCode(ours.code) : ours.code
  if (code !== other.code) return `code ${code}, not ${other.code}`
  if (ours.messageId !== other.messageId) return 'Message ID'
  if (!sameBytes(ours.token, other.token)) return 'token'
  if (!sameBytes(ours.payload, other.payload)) return 'payload'
  const same =
    ours.options.length === other.options.length &&
    ours.options.every(
      ({ number, value }, i) =>
        number === other.options[i].number && sameBytes(value, other.options[i].value),
    )
  return same ? undefined : 'list of options'
}

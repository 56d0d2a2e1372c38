import { plainRecord } from '../record/record.js'
import type { SessionEnd, Surroundings } from '../surroundings.js'
import { Alert, AlertLevel, ContentType, HandshakeType } from '../wire.js'
import { changeCipherSpec } from '../handshake/flight.js'
import { wholeMessage } from '../handshake/message.js'
import type { Content, Session } from './session.js'
import { exportBlock } from './snapshot.js'

/** How a session ended by what was received. */
export interface Ending {
  readonly reason: SessionEnd
  readonly alert?: number
}

/** Does what the content of an authentic record asks for; the ending if it ended the session. */
export function react(session: Session, content: Content, surroundings: Surroundings): Ending | undefined {
  const { type, payload } = content
  if (session.generation > 0 && !session.heardSinceExport) {
    session.heardSinceExport = true
    surroundings.emit({ type: 'export-due', session, urgent: false })
  }
  if (type === ContentType.ApplicationData) {
    // the peer has our Finished, or it could not have written this
    session.finale = undefined
    surroundings.counters.messagesReceived++
    surroundings.emit({ type: 'message', session, payload })
  } else if (type === ContentType.Alert && payload.length === 2) {
    const [level, description] = payload
    if (description === Alert.CloseNotify) {
      sendAlert(session, AlertLevel.Warning, Alert.CloseNotify, surroundings)
      return { reason: 'closed-by-peer' }
    }
    if (level === AlertLevel.Fatal) return { reason: 'peer-alert', alert: description }
  } else if (type === ContentType.Handshake && payload.length > 0) {
    if (payload[0] === HandshakeType.Finished) repeatFinale(session, surroundings)
    // RFC 5246 §7.2.2: refused, and the session goes on
    else if (payload[0] === HandshakeType.ClientHello || payload[0] === HandshakeType.HelloRequest)
      sendAlert(session, AlertLevel.Warning, Alert.NoRenegotiation, surroundings)
  }
  return undefined
}

/** The peer repeats its Finished: ours was lost (RFC 6347 §4.2.4). */
function repeatFinale(session: Session, surroundings: Surroundings): void {
  const { finale } = session
  if (!finale) return
  const message = wholeMessage(HandshakeType.Finished, finale.messageSequence, finale.verifyData)
  const change = plainRecord(ContentType.ChangeCipherSpec, finale.plainSequence, changeCipherSpec)
  if (isTooMuch(session, change.length + session.recordLength(message.length), surroundings)) return
  const finished = session.seal(ContentType.Handshake, message)
  if (!finished) return
  surroundings.counters.retransmissions++
  finale.plainSequence++
  sendTo(session, Buffer.concat([change, finished]), surroundings)
}

/** Sends one message; the ending if no sequence number is left, ever. A message that may not go is counted, not kept. */
export function sendMessage(
  session: Session,
  message: Uint8Array,
  surroundings: Surroundings,
): Ending | undefined {
  const { counters } = surroundings
  if (!session.isOpen || message.length > session.longestMessage) {
    counters.withheld++
    return undefined
  }
  if (session.isExhausted) return { reason: 'sequence-exhausted' }
  if (isTooMuch(session, session.recordLength(message.length), surroundings)) return undefined
  const record = session.seal(ContentType.ApplicationData, message)
  // ceiling of an exported session: half a block before, and at it
  if (
    session.writeSequence >= session.ceiling - exportBlock / 2 &&
    !session.exportDue &&
    !session.isExhausted
  ) {
    session.exportDue = true
    surroundings.emit({ type: 'export-due', session, urgent: true })
  }
  if (!record) {
    counters.withheld++
    return undefined
  }
  counters.messagesSent++
  session.answered = true
  sendTo(session, record, surroundings)
  return undefined
}

/** Sends an alert if a number is left for it, and its address may get so much. */
export function sendAlert(
  session: Session,
  level: number,
  description: number,
  surroundings: Surroundings,
): void {
  if (!session.isOpen) return
  const alert = Uint8Array.of(level, description)
  if (isTooMuch(session, session.recordLength(alert.length), surroundings)) return
  const record = session.seal(ContentType.Alert, alert)
  if (record) sendTo(session, record, surroundings)
}

/** Whether so many bytes are more than may go to an address that has not proved itself; counted if so. */
function isTooMuch(session: Session, length: number, { counters }: Surroundings): boolean {
  if (session.proved || session.unverifiedBytes >= length) return false
  counters.withheld++
  return true
}

/** Sends, and counts what goes to an address that has not proved itself. */
function sendTo(session: Session, datagram: Uint8Array, surroundings: Surroundings): void {
  if (!session.proved) session.unverifiedBytes -= datagram.length
  surroundings.send(datagram, session.peer)
}

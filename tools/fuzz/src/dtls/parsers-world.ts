import { ManualClock, ProtocolError, seededRandom } from '@fieldline/bytes'
import { HandshakeFault, connectDtls, createDtlsServer, verifyChain } from '@fieldline/dtls'
import { BrokenPromise } from '../target.js'
import { chainParts, pskKey, rawCredentials } from './credentials.js'

const now = Date.UTC(2027, 0, 1)

/** Any bytes as certificates, cut at a mark: a fault that says why, or a chain that leads to an anchor. */
export function verifyAny(flags: number, bytes: Uint8Array): void {
  const chain: Uint8Array[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const end = at + 2 + ((bytes[at] << 8) | bytes[at + 1])
    chain.push(bytes.slice(at + 2, end))
    at = end
  }
  const trust = {
    anchors: [chainParts[flags & 7]],
    now: flags & 8 ? undefined : now,
    maxIntermediates: flags & 16 ? 0 : undefined,
  }
  try {
    verifyChain(chain, trust)
  } catch (error) {
    if (!(error instanceof HandshakeFault)) throw error
    return
  }
  // nobody can be trusted who is neither an anchor nor issued by one
  if (chain.length === 0) throw new BrokenPromise('an empty chain was trusted')
}

/** Options that contradict themselves are refused before anything is sent. */
function refuseOptions(choice: number): void {
  const shared = { clock: new ManualClock(now), random: seededRandom(1), send: unwanted, notify: unwanted }
  const server = { id: '10.0.0.1:1', address: '10.0.0.1', port: 1 }
  const ways = [
    () => createDtlsServer({ ...shared, cid: { length: 3 } }),
    () => createDtlsServer({ ...shared, cid: { length: 33 } }),
    () => createDtlsServer({ ...shared, credentials: rawCredentials }),
    () => connectDtls({ ...shared, server, serverName: 'a..b' }),
  ]
  try {
    ways[choice % ways.length]()
  } catch (error) {
    if (error instanceof RangeError) return
    throw error
  }
  throw new BrokenPromise('options that contradict themselves were taken')
}

function unwanted(): void {
  throw new BrokenPromise('something came of options that contradict themselves')
}

/** Any bytes as a snapshot: refused as it is documented, or a session that sends only when it may. */
export function importAny(flags: number, bytes: Uint8Array): void {
  refuseOptions(flags >> 1)
  const server = createDtlsServer({
    clock: new ManualClock(now),
    random: seededRandom(flags),
    send: () => {},
    notify: () => {},
    psk: () => pskKey,
    cid: flags & 1 ? false : { length: 6 },
  })
  try {
    const session = server.import(bytes)
    if (server.send(Uint8Array.of(1), session))
      throw new BrokenPromise('a restored session sends before it was saved')
    const snapshot = server.export(session)
    if (snapshot) server.confirmExport(session, snapshot.generation)
    server.send(Uint8Array.of(1), session)
    for (let at = 0; at < 3; at++) server.receive(bytes.subarray(at), session.peer)
    server.close(session)
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof ProtocolError)) throw error
  }
  server.shutdown()
}

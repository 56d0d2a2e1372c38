export { connectDtls } from './client/client.js'
export type { DtlsClient, DtlsClientOptions, ResumableSession } from './client/client.js'
export { rawPublicKeyOf } from './certificates/public-key.js'
export type { OwnCredentials } from './certificates/public-key.js'
export type { DtlsCounters } from './counters.js'
export type { CredentialSource, DtlsNotice } from './driver.js'
export { defaultLimits } from './endpoint/limits.js'
export type { ServerLimits } from './endpoint/limits.js'
export { createDtlsServer } from './endpoint/server.js'
export type { DtlsServer, DtlsServerOptions } from './endpoint/server.js'
export { HandshakeFault, explainFailure } from './faults.js'
export type { HandshakeFailure } from './faults.js'
export type { CertificateKind } from './handshake/negotiation.js'
export { nameOfIdentity } from './identity.js'
export type { DtlsPeer, PeerIdentity } from './identity.js'
export type { DtlsSession } from './session/session.js'
export type { SessionSnapshot } from './session/snapshot.js'
export { suites } from './suites.js'
export type { Suite } from './suites.js'
export { timerProfiles } from './surroundings.js'
export type {
  CredentialQuestion,
  HandshakeDoubtEvent,
  HandshakeErrorEvent,
  HandshakeTimers,
  SessionEnd,
} from './surroundings.js'
export { verifyChain } from './certificates/path.js'
export type { Trust } from './certificates/path.js'

export type { CoapCounters } from './counters.js'
export { FreshnessRequired, NoAnswer, RequestError } from './errors.js'
export type { RequestFailure } from './errors.js'
export { Type, decodeMessage, encodeMessage, noBytes } from './message.js'
export type {
  CoapMessage,
  CoapOption,
  CoapRequest,
  CoapResponse,
  DatagramTransport,
  MessageType,
  Peer,
} from './message.js'
export { isNewer } from './observe.js'
export type { Notification } from './observe.js'
export { defaultLimits } from './port.js'
export type {
  CoapEndpoint,
  CoapEndpointOptions,
  CoapLimits,
  IncomingRequest,
  LatestNotification,
  LatestNotifications,
  NotificationHandler,
  NotificationOptions,
  NotifyResult,
  ObservationPath,
  RequestHandler,
  RequestOptions,
  ServeOptions,
} from './port.js'
export {
  exchangeLifetime,
  maxRtt,
  maxTransmitSpan,
  maxTransmitWait,
  nonLifetime,
  processingDelay,
  profiles,
} from './profile.js'
export type { ProfileName, TransmissionProfile } from './profile.js'
export { createStreamTransport, defaultStreamLimits } from './stream/stream-transport.js'
export type {
  StreamCounters,
  StreamLimits,
  StreamTransport,
  StreamTransportOptions,
} from './stream/stream-transport.js'
export type { ByteStream, StreamEvents, StreamNetwork } from './stream/byte-stream.js'
export { createCoapEndpoint } from './endpoint.js'

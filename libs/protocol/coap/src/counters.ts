/** What happened since the endpoint was created. Every datagram that is dropped is counted by the reason. */
export interface CoapCounters {
  /** Datagrams in, whatever they hold. */
  received: number
  /** Datagrams out, retransmissions included. */
  sent: number
  /** Requests given to the handler, whole bodies. */
  requests: number
  /** Requests whose handler answered. */
  answers: number
  /** Notifications given to their handler. */
  notifications: number
  /** Requests sent by us, each block counted. */
  requestsSent: number
  /** Our retransmissions of confirmable messages. */
  retransmissions: number
  /** Confirmable messages, or responses, waited for in vain. */
  timeouts: number
  /** Resets received that ended one of our messages. */
  resets: number
  /** Resets sent, other than answers to a ping. */
  resetsSent: number
  /** Pings answered. */
  pings: number
  /** Message format errors (RFC 7252 §3). */
  malformed: number
  /** Messages with a reserved code class, a type that does not fit the code, or from an impossible source. */
  ignored: number
  /** Messages seen before: swallowed or answered from memory. */
  duplicates: number
  /** Duplicates among them to which the stored answer was repeated. */
  repeatedAnswers: number
  /** Acknowledgements and resets with a Message ID that is not outstanding. */
  unmatched: number
  /** Messages rejected for an option that is critical and not understood (RFC 7252 §5.4.1). */
  badOptions: number
  /** Requests and notifications dropped because too many are being handled. */
  droppedOverload: number
  /** Requests left without an answer by `NoAnswer`, and notifications whose handler failed. */
  withheld: number
  /** Handlers that failed with something else than a ProtocolError: answered 5.00. */
  handlerErrors: number
  /** Notifications that arrived after a newer one of their observation (RFC 7641 §3.4). */
  staleNotifications: number
  /** Answers not sent because the request says that they are not wanted (RFC 7967). */
  suppressedAnswers: number
  /** Requests answered 4.01 with an Echo value, to prove their freshness (RFC 9175). */
  echoesDemanded: number
  /** Requests, notifications and pings refused because too many wait for their peer, or every peer in the table is busy. */
  queueOverflows: number
  /** Answers and notifications not sent because every Message ID was used within EXCHANGE_LIFETIME (RFC 7252 §4.4). */
  messageIdsExhausted: number
  /** Bodies sent a second time, with one token for all their blocks. */
  bodiesSentAgain: number
  /** What was forgotten before its time because memory is bounded: dedup entries. */
  exchangesEvicted: number
  /** Long answers that duplicates should have got. */
  answersEvicted: number
  /** Long answers whose later blocks could still have been asked for. */
  representationsEvicted: number
  /** What was known of peers: their round trip and their next Message ID. */
  peersEvicted: number
  /** The latest Observe values of observations. */
  observationsEvicted: number
  /** Block-wise request bodies given up: too old, or pushed out. */
  assembliesDropped: number
  /** Block-wise requests refused: gap 4.08, too large 4.13, no room 5.03. */
  blocksRefused: number
}

/** Counters at zero. */
export function createCounters(): CoapCounters {
  return {
    received: 0,
    sent: 0,
    requests: 0,
    answers: 0,
    notifications: 0,
    requestsSent: 0,
    retransmissions: 0,
    timeouts: 0,
    resets: 0,
    resetsSent: 0,
    pings: 0,
    malformed: 0,
    ignored: 0,
    duplicates: 0,
    repeatedAnswers: 0,
    unmatched: 0,
    badOptions: 0,
    droppedOverload: 0,
    withheld: 0,
    handlerErrors: 0,
    staleNotifications: 0,
    suppressedAnswers: 0,
    echoesDemanded: 0,
    queueOverflows: 0,
    messageIdsExhausted: 0,
    bodiesSentAgain: 0,
    exchangesEvicted: 0,
    answersEvicted: 0,
    representationsEvicted: 0,
    peersEvicted: 0,
    observationsEvicted: 0,
    assembliesDropped: 0,
    blocksRefused: 0,
  }
}

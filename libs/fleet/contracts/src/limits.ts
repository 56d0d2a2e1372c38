/**
 * Every limit of the interface in one place, so that a store, a screen and a partner read the same number.
 * Lengths are characters unless the name says bytes; times are seconds unless the name says otherwise.
 */
export const limits = {
  /** Endpoint Client Name: one Uri-Query option carries it. @see RFC 7252 §5.10, option length 255 */
  endpointBytes: 255,
  /** In UTF-8. RFC 4279 §5.3 asks for 128 at least. */
  pskIdentityBytes: 128,
  /** Shortest and longest pre-shared key: 128 bits are the least that holds, RFC 4279 §5.3 asks for 64 bytes at most. */
  pskKeyBytes: [16, 64],
  labelLength: 200,
  groupsPerDevice: 32,
  /** `q` and campaign audiences. */
  audienceLength: 2_000,
  pageDefault: 100,
  pageMax: 1_000,
  valuesPageDefault: 2_000,
  valuesPageMax: 20_000,
  cursorLength: 500,
  /** A string or base64 value in a request: 64 KiB of payload grow by a third in base64. */
  valueLength: 90_000,
  resourceInstancesPerWrite: 256,
  /** `Prefer: wait=N`. */
  waitSeconds: 60,
  operationExpiryMinSeconds: 10,
  operationExpiryMaxSeconds: 30 * 86_400,
  reasonLength: 500,
  campaignNameLength: 200,
  writesPerCampaign: 20,
  wavesPerCampaign: 20,
  waveSizeMax: 1_000_000,
  soakMaxSeconds: 30 * 86_400,
  silenceGraceMaxSeconds: 7 * 86_400,
  silenceMissedMax: 30,
  /** NOTIFY carries 8,000 bytes; 150 identifiers of 36 characters leave room for the rest. */
  idsPerBusEvent: 150,
  liveEndpoints: 200,
} as const

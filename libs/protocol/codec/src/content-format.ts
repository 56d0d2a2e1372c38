/** CoAP Content-Format numbers that LwM2M uses. @see LwM2M Core 1.2 §7.4 */
export const ContentFormat = {
  Text: 0,
  Link: 40,
  Opaque: 42,
  Cbor: 60,
  SenmlJson: 110,
  SenmlCbor: 112,
  SenmlEtchJson: 320,
  SenmlEtchCbor: 322,
  Tlv: 11542,
  LwM2mJson: 11543,
  LwM2mCbor: 11544,
} as const

import type { Bench } from './bench.js'
import { coapUpdateEcho } from './benches/coap-update-echo.js'
import { coapUpdate } from './benches/coap-update.js'
import { codecSenmlCbor } from './benches/codec-senml-cbor.js'
import { codecSenmlJson } from './benches/codec-senml-json.js'
import { codecTlv } from './benches/codec-tlv.js'

/** Every bench there is. */
export const benches: readonly Bench[] = [
  coapUpdate,
  coapUpdateEcho,
  codecTlv,
  codecSenmlCbor,
  codecSenmlJson,
]

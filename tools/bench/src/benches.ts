import type { Bench } from './bench.js'
import { blockPush } from './benches/block-push.js'
import { coapGet } from './benches/coap-get.js'
import { coapMemoryExchange } from './benches/coap-memory-exchange.js'
import { coapMemory } from './benches/coap-memory.js'
import { coapUpdateEcho } from './benches/coap-update-echo.js'
import { coapUpdate } from './benches/coap-update.js'
import { codecSenmlCbor } from './benches/codec-senml-cbor.js'
import { codecSenmlJson } from './benches/codec-senml-json.js'
import { codecTlv } from './benches/codec-tlv.js'
import { dtlsHandshake } from './benches/dtls-handshake.js'
import { dtlsMemory } from './benches/dtls-memory.js'
import { dtlsRecord } from './benches/dtls-record.js'
import { dtlsResumeAll } from './benches/dtls-resume-all.js'

/** Every bench there is. */
export const benches: readonly Bench[] = [
  coapUpdate,
  coapUpdateEcho,
  coapGet,
  blockPush,
  coapMemory,
  coapMemoryExchange,
  codecTlv,
  codecSenmlCbor,
  codecSenmlJson,
  dtlsRecord,
  dtlsHandshake,
  dtlsMemory,
  dtlsResumeAll,
]

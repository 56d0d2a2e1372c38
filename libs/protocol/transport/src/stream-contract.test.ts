import { createCoapEndpoint, createStreamTransport, profiles } from '@fieldline/coap'
import type { CoapEndpoint, StreamNetwork } from '@fieldline/coap'
import { coapEndpointContract } from '@fieldline/coap/contract'
import type { EndpointPair, KnownFailures } from '@fieldline/coap/contract'
import { testCertificate } from './certificate.test-support.js'
import { realClock, realRandom, runReal } from './pairs.test-support.js'
import { peerOf } from './known-peers.js'
import { createTcpNetwork, createTlsNetwork } from './tcp-network.js'

/** What a stream does not have. */
const streamKnows: KnownFailures = {
  'processes the retransmission anew after NoAnswer': 'nothing is sent twice over a stream',
  'carries a non-confirmable request and its answer': 'messages on a stream have no type',
  'tells the observed side of a reset': 'a stream has no resets',
  'rejects with timeout when nobody answers': 'who cannot be connected to is known at once',
}

async function pairOver(makeNetwork: (listens: boolean) => Promise<StreamNetwork>): Promise<EndpointPair> {
  const endpointOf = (network: StreamNetwork): CoapEndpoint =>
    createCoapEndpoint({
      transport: createStreamTransport({ network, clock: realClock }),
      clock: realClock,
      random: realRandom,
      profile: profiles.stream,
    })
  const [there, here, nobody] = await Promise.all([makeNetwork(true), makeNetwork(false), makeNetwork(true)])
  await nobody.close()
  const [client, server] = [endpointOf(here), endpointOf(there)]
  return {
    client,
    server,
    serverPeer: peerOf(there.address, there.port),
    nobody: peerOf(nobody.address, nobody.port),
    run: runReal,
    close: async () => void (await Promise.all([client.close(), server.close()])),
  }
}

const place = (listens: boolean): { host?: string } => (listens ? { host: '127.0.0.1' } : {})
coapEndpointContract(
  'ours, over TCP',
  () => pairOver((listens) => createTcpNetwork(place(listens))),
  streamKnows,
)
coapEndpointContract(
  'ours, over TLS',
  () =>
    pairOver((listens) =>
      createTlsNetwork({
        ...place(listens),
        server: testCertificate,
        client: { ca: testCertificate.cert, servername: 'localhost' },
      }),
    ),
  streamKnows,
)

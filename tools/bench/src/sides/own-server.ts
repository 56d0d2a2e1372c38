/** Our LwM2M Server over our endpoint and UDP, complete but for storage: its ports remember nothing and are always done. */
import { createCoapEndpoint } from '@fieldline/coap'
import { startLwM2mServer } from '@fieldline/lwm2m-server'
import { createUdpTransport } from '@fieldline/transport'
import { answerQuestions } from '../side.js'
import { forgetfulPorts } from '../forgetful-ports.js'
import { systemClock as clock, systemRandom as random } from '../system.js'

const transport = await createUdpTransport({ host: '127.0.0.1', port: 0 })
const endpoint = createCoapEndpoint({ transport, clock, random })
await startLwM2mServer({ endpoint, clock, random, ...forgetfulPorts() })
answerQuestions(transport.port)

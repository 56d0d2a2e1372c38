/** Our endpoint over UDP as a client: GETs, or with `--push` bodies of 256 KiB by Block1. */
import process from 'node:process'
import { Code } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import type { Peer } from '@fieldline/coap'
import { createUdpTransport, peerOf } from '@fieldline/transport'
import { overDevices } from '../client-work.js'
import { deviceAddress, deviceAnswer, imageOfBlocks } from '../device-addresses.js'
import { answerQuestions } from '../side.js'
import { systemClock as clock, systemRandom as random } from '../system.js'

const transport = await createUdpTransport({ host: '127.0.0.1', port: 0 })
const endpoint = createCoapEndpoint({ transport, clock, random })
/** A server knows the peers of its devices from their registrations. */
const peers: Peer[] = []
const image = imageOfBlocks()
const isText = (payload: Uint8Array, text: string): boolean =>
  payload.length === text.length && payload.every((byte, at) => byte === text.charCodeAt(at))
const push = process.argv.includes('--push')

answerQuestions(transport.port, (work) =>
  overDevices(work, async (device) => {
    const peer = (peers[device] ??= peerOf(deviceAddress(device), work.port))
    if (push) {
      const put = { code: Code.Put, uriPath: ['5', '0', '0'], uriQuery: [], payload: image }
      return (await endpoint.request(peer, put)).code === Code.Changed
    }
    const get = { code: Code.Get, uriPath: ['3', '0', '9'], uriQuery: [], payload: noBytes }
    const { code, payload } = await endpoint.request(peer, get)
    return code === Code.Content && isText(payload, deviceAnswer(device))
  }),
)

import { fromHex } from '@fieldline/bytes'
import { noBytes } from '@fieldline/coap'
import { join } from '../bytes.js'
import type { Chance } from '../chance.js'
import { corpusLines } from '../corpus.js'
import type { Target } from '../target.js'
import { compareWithCoapPacket } from './differential.js'
import { playWithEndpoint } from './endpoint-world.js'
import { behaviours, blockOfBody, datagram } from './messages.js'
import { StepKind, peerCount, readScript, writeScript } from './script.js'
import type { Step } from './script.js'
import { playWithServer } from './server-world.js'

const corpus = corpusLines('coap', 'messages.txt').map(({ text }) => fromHex(text))
const named = new Map(corpusLines('coap', 'messages.txt').map(({ name, text }) => [name, fromHex(text)]))
/** What a device says to an LwM2M Server, in an order that makes sense. */
const conversation = ['register', 'update', 'update-lifetime', 'send-senml-json', 'send-senml-cbor', 'deregister'].map((name) => named.get(name)!) // prettier-ignore

/** An input's first byte: what it is given to. */
const World = { Message: 0, Endpoint: 1, Server: 2 } as const
const worlds = 3

/** Chances of each kind of step; the rest are datagrams. */
function step(chance: Chance, last: number | undefined): Step[] {
  const argument = chance.int(256)
  const one = (kind: number, bytes: Uint8Array = noBytes, at = argument): Step[] => [{ kind, argument: at, bytes }]
  switch (chance.int(12)) {
    case 0:
    case 1: {
      // asked, and answered by the same peer
      const asked = one(StepKind.Ask, chance.bytes(chance.int(12)))
      const answers = chance.some(0, 4, () =>
        one(chance.once(4) ? StepKind.Later : StepKind.Answer, datagram(chance, corpus, 'response')),
      )
      return [...asked, ...answers.flat()]
    }
    case 2:
      return one(StepKind.Wait)
    case 3:
      return [...one(StepKind.Tell, chance.bytes(chance.int(12))), ...(chance.once(2) ? one(StepKind.Answer, chance.pick(corpus)) : [])]
    case 4:
      return one(StepKind.Mirror)
    case 5: {
      const path = chance.pick(behaviours)
      const blocks = 1 + chance.int(5)
      return Array.from({ length: blocks }, (_, i) =>
        one(StepKind.Datagram, blockOfBody(chance, path, chance.once(8) ? chance.int(6) : i, i === blocks - 1)),
      ).flat()
    }
    case 6:
      return one(StepKind.Later, datagram(chance, corpus, 'response'))
    case 7:
    case 8:
      return one(StepKind.Answer, datagram(chance, corpus, 'response'), last)
    default:
      return one(StepKind.Datagram, datagram(chance, corpus))
  }
} // prettier-ignore

function script(chance: Chance, isServer: boolean): Uint8Array {
  const steps: Step[] = []
  if (isServer) {
    const peer = chance.int(peerCount)
    for (const bytes of conversation.slice(0, 1 + chance.int(conversation.length))) {
      if (!chance.once(10)) steps.push({ kind: StepKind.Datagram, argument: peer, bytes })
    }
  }
  for (let left = 1 + chance.int(8); left > 0; left--) steps.push(...step(chance, steps.at(-1)?.argument))
  return writeScript(steps)
}

function make(chance: Chance): Uint8Array {
  const world = chance.pick([0, 0, 0, 0, 0, 0, World.Endpoint, World.Endpoint, World.Server])
  const flags = chance.int(256)
  const rest = world === World.Message ? datagram(chance, corpus) : script(chance, world === World.Server)
  return join(Uint8Array.of(world, flags), rest)
}

/** Messages, and endpoints that get them. */
export const coap: Target = {
  name: 'coap',
  promises:
    'a datagram is refused or read as coap-packet reads it; an endpoint and an LwM2M Server survive any exchange, end what they began and go on answering',
  sources: ['libs/protocol/coap/src'],
  make,
  run(input) {
    const [world = 0, flags = 0] = input
    const rest = input.subarray(2)
    switch (world % worlds) {
      case World.Endpoint:
        return playWithEndpoint(flags, readScript(rest))
      case World.Server:
        return playWithServer(flags, readScript(rest))
      default:
        return compareWithCoapPacket(rest)
    }
  },
}

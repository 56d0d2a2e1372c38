import { fromHex } from '@fieldline/bytes'
import { noBytes } from '@fieldline/coap'
import { join } from '../bytes.js'
import type { Chance } from '../chance.js'
import { corpusLines } from '../corpus.js'
import { mutate } from '../mutate.js'
import { readScript, writeScript } from '../steps.js'
import type { Step } from '../steps.js'
import type { Target } from '../target.js'
import { compareWithCoapPacket } from './differential.js'
import { playWithEndpoint } from './endpoint-world.js'
import {
  answerToBlock,
  askForBlock,
  behaviours,
  blockOfAnswer,
  blockOfBody,
  datagram,
  echoDemand,
  freshRequest,
} from './messages.js'
import { StepKind, peerCount } from './script.js'
import { playWithServer } from './server-world.js'
import { playWithStreams } from './stream-world.js'

const corpus = corpusLines('coap', 'messages.txt').map(({ text }) => fromHex(text))
const named = new Map(corpusLines('coap', 'messages.txt').map(({ name, text }) => [name, fromHex(text)]))
/** What a device says to an LwM2M Server, in an order that makes sense. */
const conversation = ['register', 'update', 'update-lifetime', 'send-senml-json', 'send-senml-cbor', 'deregister'].map((name) => named.get(name)!) // prettier-ignore

/** An input's first byte: what it is given to. */
const World = { Message: 0, Endpoint: 1, Server: 2, Stream: 3 } as const
const worlds = 4
const kinds = Object.keys(StepKind).length

/** Ways to ask of `endpoint-world` that are answered in blocks, or sent in blocks. */
const pullWays = [0, 1]
const pushWays = [2, 6]

type Make = (chance: Chance, argument: number) => Step[]

const one = (kind: number, argument: number, bytes: Uint8Array = noBytes): Step => ({ kind, argument, bytes })

/** Mostly the number it should be. */
const numberOf = (chance: Chance, i: number): number => (chance.once(12) ? chance.int(6) : i)

/** Short stories; each is with one peer, mostly. */
const stories: readonly Make[] = [
  function askedAndAnswered(chance, argument) {
    const answers = chance.some(0, 4, () =>
      one(chance.once(4) ? StepKind.Later : StepKind.Answer, argument, datagram(chance, corpus, 'response')),
    )
    return [one(StepKind.Ask, argument, chance.bytes(chance.int(12))), ...answers]
  },
  function askedAllAtOnce(chance, argument) {
    return chance.some(2, 10, () => one(StepKind.Ask, chance.once(2) ? argument : chance.int(256)))
  },
  function pushed(chance, argument) {
    const blocks = 5
    const ask = (chance.pick(pushWays) << 3) | (argument % peerCount)
    const answers = Array.from({ length: blocks + 2 }, (_, i) =>
      one(StepKind.Answer, ask, answerToBlock(chance, numberOf(chance, i), i >= blocks - 1)),
    )
    return [one(StepKind.Ask, ask), ...answers]
  },
  function pulled(chance, argument) {
    const blocks = 2 + chance.int(4)
    const ask = (chance.pick(pullWays) << 3) | (argument % peerCount)
    const answers = Array.from({ length: blocks }, (_, i) =>
      one(StepKind.Answer, ask, blockOfAnswer(chance, numberOf(chance, i), i === blocks - 1)),
    )
    return [one(StepKind.Ask, ask), ...answers]
  },
  function notifiedInBlocks(chance, argument) {
    const blocks = 2 + chance.int(3)
    const notification = blockOfAnswer(chance, 0, false, chance.int(10))
    const rest = Array.from({ length: blocks - 1 }, (_, i) =>
      one(StepKind.Answer, argument, blockOfAnswer(chance, numberOf(chance, i + 1), i === blocks - 2)),
    )
    const overtaking = chance.once(4) ? [one(StepKind.Later, argument, blockOfAnswer(chance, 0, true, chance.int(20)))] : []
    return [one(StepKind.Later, argument, notification), ...overtaking, ...rest]
  },
  function mustBeFresh(chance, argument) {
    const bare = one(StepKind.Datagram, argument, join(Uint8Array.of(0x42, 1, 4, chance.int(250), 9, 9, 0xb5), 'fresh'))
    const wait = chance.once(3) ? [one(StepKind.Wait, chance.int(256))] : []
    return [bare, ...wait, one(StepKind.Datagram, argument, freshRequest(chance))]
  },
  function mustProveFreshness(chance, argument) {
    const demands = chance.some(1, 3, () => one(StepKind.Answer, argument, echoDemand(chance)))
    return [one(StepKind.Ask, argument), ...demands, one(StepKind.Answer, argument, datagram(chance, corpus, 'response'))]
  },
  function receivedInBlocks(chance, argument) {
    const to = chance.pick(behaviours)
    const blocks = 1 + chance.int(5)
    return Array.from({ length: blocks }, (_, i) =>
      one(StepKind.Datagram, argument, blockOfBody(chance, to, numberOf(chance, i), i === blocks - 1)),
    )
  },
  function askedInBlocks(chance, argument) {
    const of = chance.pick(['long', 'etag', 'now'])
    return Array.from({ length: 1 + chance.int(5) }, (_, i) =>
      one(StepKind.Datagram, argument, askForBlock(chance, of, numberOf(chance, i))),
    )
  },
  function told(chance, argument) {
    const tell = one(StepKind.Tell, argument, chance.bytes(chance.int(12)))
    return chance.once(2) ? [tell] : [tell, one(StepKind.Answer, argument, chance.pick(corpus))]
  },
  (chance) => [one(StepKind.Wait, chance.int(256))],
  (_, argument) => [one(StepKind.Mirror, argument)],
  (chance, argument) => [one(StepKind.Later, argument, datagram(chance, corpus, 'response'))],
  (chance, argument) => [one(StepKind.Answer, argument, datagram(chance, corpus, 'response'))],
  (chance, argument) => chance.some(1, 5, () => one(StepKind.Datagram, argument, datagram(chance, corpus))),
] // prettier-ignore

/** Settings, pings and ends of a connection (RFC 8323 §5), and pieces of frames. */
function signaling(chance: Chance, argument: number): Step[] {
  const frames = ['00e1', '30e1220400', '50e1220200', '10e110', '20e16103', '00e2', '01e2aa', '00e3', '01e3aa', '00e4', '10e410', '00e5', '20e52105', '00', 'f0ffffffff01', '0f01', 'd0ff01', 'e1ffff01aa'] // prettier-ignore
  const bytes = fromHex(chance.pick(frames))
  return [one(StepKind.Later, argument, chance.once(4) ? mutate(bytes, chance, corpus, 400) : bytes)]
}

function script(chance: Chance, world: number): Uint8Array {
  const steps: Step[] = []
  if (world === World.Server) {
    const peer = chance.int(peerCount)
    for (const bytes of conversation.slice(0, 1 + chance.int(conversation.length))) {
      if (!chance.once(10)) steps.push({ kind: StepKind.Datagram, argument: peer, bytes })
    }
  }
  for (let left = 1 + chance.int(8); left > 0; left--) {
    const argument = steps.length > 0 && chance.once(2) ? steps.at(-1)!.argument : chance.int(256)
    const signaled = world === World.Stream && chance.once(3)
    steps.push(...(signaled ? signaling(chance, argument) : chance.pick(stories)(chance, argument)))
  }
  return writeScript(steps)
}

function make(chance: Chance): Uint8Array {
  const world = chance.pick([0, 0, 0, 0, 0, 0, World.Endpoint, World.Endpoint, World.Server, World.Stream])
  const flags = chance.int(256)
  const rest = world === World.Message ? datagram(chance, corpus) : script(chance, world)
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
        return playWithEndpoint(flags, readScript(rest, kinds))
      case World.Server:
        return playWithServer(flags, readScript(rest, kinds))
      case World.Stream:
        return playWithStreams(flags, readScript(rest, kinds))
      default:
        return compareWithCoapPacket(rest)
    }
  },
}

import { fromHex } from '@fieldline/bytes'
import { bigEndian, join } from '../bytes.js'
import type { Chance } from '../chance.js'
import { corpusLines } from '../corpus.js'
import { mutate } from '../mutate.js'
import { readScript, writeScript } from '../steps.js'
import type { Step } from '../steps.js'
import type { Target } from '../target.js'
import { bodies, chainParts } from './credentials.js'
import { InsiderWorld } from './insider-world.js'
import { withCredentials } from './pair-options.js'
import { PairWorld } from './pair-world.js'
import { importAny, verifyAny } from './parsers-world.js'
import { InsiderStep, PairStep } from './script.js'

/** An input's first byte: what it is given to. */
const World = { Pair: 0, InsiderClient: 1, InsiderServer: 2, Chain: 3, Snapshot: 4 } as const
const worlds = Object.keys(World).length
const pairKinds = Object.keys(PairStep).length
const insiderKinds = Object.keys(InsiderStep).length

const snapshots = corpusLines('dtls', 'snapshots.txt').map(({ text }) => fromHex(text))
const noBytes = new Uint8Array(0)

type Make = (chance: Chance, link: number) => Step[]

const one = (kind: number, link: number, rest: number, bytes: Uint8Array = noBytes): Step => ({
  kind,
  argument: ((rest << 2) | link) & 255,
  bytes,
})
const recipe = (chance: Chance): Uint8Array =>
  chance.bytes(3 * (1 + chance.int(2)) + (chance.once(8) ? 1 : 0))
/** Mostly plain choices: the first suites, the right key. */
const choice = (chance: Chance): Uint8Array =>
  Uint8Array.of(chance.int(6), chance.once(2) ? 0 : chance.int(256), chance.once(2) ? 0 : chance.int(256))
const connect: Make = (chance, link) => [one(PairStep.Connect, link, 0, choice(chance))]
const deliver = (link: number, times: number): Step => one(PairStep.Deliver, link, times)

/** Short stories of honest ends on a bad network. */
const stories: readonly Make[] = [
  function shakeHands(chance, link) {
    return [...connect(chance, link), deliver(link, 7), one(PairStep.Say, link, 1), one(PairStep.Say, link, 0), deliver(link, 3)]
  },
  function tampered(chance, link) {
    const at = chance.int(6)
    const steps = [...connect(chance, link)]
    for (let i = 0; i < at; i++) steps.push(deliver(link, 0))
    steps.push(one(PairStep.Tamper, link, chance.int(2), recipe(chance)), deliver(link, 7))
    return chance.once(2) ? [...steps, one(PairStep.Wait, link, chance.int(6)), deliver(link, 7)] : steps
  },
  function bothHellos(chance, link) {
    const same = recipe(chance)
    return [...connect(chance, link), one(PairStep.Tamper, link, 1, same), deliver(link, 0), one(PairStep.Tamper, link, 1, same), deliver(link, 7)]
  },
  function tamperedAllAlong(chance, link) {
    return [...connect(chance, link), ...chance.some(2, 12, () => one(PairStep.Tamper, link, chance.int(2), chance.once(2) ? noBytes : recipe(chance)))]
  },
  function repeated(chance, link) {
    const replays = chance.some(1, 12, () => one(PairStep.Replay, chance.int(4), chance.int(64), chance.bytes(1)))
    const soon = chance.some(1, 4, () => one(PairStep.Replay, link, 1, Uint8Array.of(1 + chance.int(4))))
    return [...connect(chance, link), deliver(link, 7), one(PairStep.Say, link, 1), deliver(link, 2), ...soon, ...replays]
  },
  function lost(chance, link) {
    return [...connect(chance, link), deliver(link, chance.int(4)), one(PairStep.Drop, link, chance.int(2)), deliver(link, 2), one(PairStep.Wait, link, 2), deliver(link, 7)]
  },
  function asked(chance, link) {
    return [...connect(chance, link), deliver(link, 4), one(PairStep.Wait, link, chance.int(5)), one(PairStep.Answer, link, chance.int(4)), deliver(link, 4), one(PairStep.Answer, link, chance.int(4)), deliver(link, 4)]
  },
  function talked(chance, link) {
    return [...chance.some(1, 8, () => one(PairStep.Say, link, chance.int(2), chance.once(4) ? chance.bytes(1) : noBytes)), chance.once(3) ? one(PairStep.Swap, link, 0) : deliver(link, 5), deliver(link, 9)]
  },
  function saved(chance, link) {
    const ways = chance.some(1, 3, () => one(PairStep.Save, link, chance.int(16)))
    return ways.flatMap((way) => [way, one(PairStep.Say, link, chance.int(2)), deliver(link, 3)])
  },
  function moved(chance, link) {
    return [one(PairStep.Move, link, 0), one(PairStep.Say, link, 1), deliver(link, 2), ...chance.some(0, 6, () => one(PairStep.Say, link, 0, chance.bytes(1))), deliver(link, 7)]
  },
  function movedByCid(chance, link) {
    const answers = chance.some(1, 6, () => one(PairStep.Say, link, 0, chance.bytes(1)))
    return [one(PairStep.Connect, link, 0, Uint8Array.of(chance.int(6), 16, chance.int(3))), deliver(link, 7), one(PairStep.Move, link, 0), one(PairStep.Say, link, 1), deliver(link, 2), ...answers, one(PairStep.Say, link, 1), deliver(link, 7)]
  },
  function resumed(chance, link) {
    return [one(PairStep.Connect, link, 0, Uint8Array.of(chance.int(6), 0, 0)), deliver(link, 7), one(PairStep.Connect, link, 0, Uint8Array.of(chance.int(6), 64 | chance.int(64), 0)), deliver(link, chance.int(8)), one(PairStep.Tamper, link, chance.int(2), recipe(chance)), deliver(link, 7)]
  },
  function ended(chance, link) {
    return [one(PairStep.End, link, chance.int(4)), deliver(link, chance.int(3))]
  },
  function forged(chance, link) {
    return chance.some(1, 8, () => {
      const [type, body] = chance.pick(bodies)
      const changed = chance.once(3) ? mutate(body, chance, [body], 600) : body
      return one(PairStep.Forge, link, chance.int(64), join(type, changed))
    })
  },
  (chance, link) => [one(PairStep.Wait, link, chance.int(8))],
  (_, link) => [deliver(link, 7)],
] // prettier-ignore

const client = [
  InsiderStep.Hello,
  InsiderStep.Hello,
  InsiderStep.KeyExchange,
  InsiderStep.Change,
  InsiderStep.Finished,
]
const server = [
  InsiderStep.HelloVerify,
  InsiderStep.Hello,
  InsiderStep.Hint,
  InsiderStep.Done,
  InsiderStep.Change,
  InsiderStep.Finished,
]

/** The course of a handshake, from which a little is left out, said otherwise, or said twice; then something authentic. */
function insiderScript(chance: Chance, isServer: boolean): Uint8Array {
  const steps: Step[] = []
  const strange = chance.once(4) ? -1 : chance.int(isServer ? server.length : client.length)
  const course = isServer ? server : client
  for (const [i, kind] of course.entries()) {
    if (kind === InsiderStep.Hint && chance.once(2)) continue
    if (isServer && kind === InsiderStep.HelloVerify && chance.once(2)) continue
    const twisted = i === strange && !chance.once(3)
    // a cookie is for one hello: both are the same
    const again = kind === InsiderStep.Hello && steps.at(-1)?.kind === kind ? steps.at(-1) : undefined
    const step: Step = again ?? {
      kind,
      argument: chance.int(256),
      bytes: twisted ? chance.bytes(2 + chance.int(6)) : noBytes,
    }
    if (i === strange && !twisted && chance.once(2)) continue
    steps.push(step)
    if (i === strange && !twisted)
      steps.push(chance.once(3) ? { kind: InsiderStep.Wait, argument: chance.int(8), bytes: noBytes } : step)
  }
  steps.push(...chance.some(0, 8, () => epilogue(chance)))
  return writeScript(steps)
}

const sealedWords = ['0100', '0228', '0100ff', '0264', '02', '01000000000500000000000000', '010000000000000000000000', '00000000000000000000000000', '1400000c000300000000000c000102030405060708090a0b'] // prettier-ignore

function epilogue(chance: Chance): Step {
  const kind = chance.pick([InsiderStep.Seal, InsiderStep.Seal, InsiderStep.Seal, InsiderStep.Say, InsiderStep.Wait, InsiderStep.Finished, InsiderStep.End]) // prettier-ignore
  const bytes = chance.once(2) ? fromHex(chance.pick(sealedWords)) : chance.bytes(chance.int(40))
  return { kind, argument: chance.int(256), bytes }
}

function pairScript(chance: Chance): Uint8Array {
  const steps: Step[] = []
  const link = chance.int(4)
  for (let left = 1 + chance.int(5); left > 0; left--)
    steps.push(...chance.pick(stories)(chance, chance.once(3) ? chance.int(4) : link))
  return writeScript(steps)
}

function chain(chance: Chance): Uint8Array {
  return join(
    ...chance.some(0, 4, () => {
      const der = chance.pick(chainParts)
      const changed = chance.once(2) ? mutate(der, chance, chainParts, 1_500) : der
      return join(bigEndian(changed.length, 2), changed)
    }),
  )
}

function make(chance: Chance): Uint8Array {
  const world = chance.pick([0, 0, 0, 0, 0, World.InsiderClient, World.InsiderClient, World.InsiderClient, World.InsiderServer, World.InsiderServer, World.InsiderServer, World.Chain, World.Snapshot]) // prettier-ignore
  // often with certificates, otherwise mostly plain
  const flags =
    (chance.once(3) ? chance.int(256) : chance.int(256) & chance.int(256)) |
    (world === World.Pair && chance.once(2) ? withCredentials : 0)
  const rests: Record<number, () => Uint8Array> = {
    [World.Pair]: () => pairScript(chance),
    [World.InsiderClient]: () => insiderScript(chance, false),
    [World.InsiderServer]: () => insiderScript(chance, true),
    [World.Chain]: () => chain(chance),
    [World.Snapshot]: () =>
      chance.once(4) ? chance.pick(snapshots) : mutate(chance.pick(snapshots), chance, snapshots),
  }
  return join(world, flags, rests[world]())
}

/** DTLS servers and clients, on bad networks and with peers that know the key. */
export const dtls: Target = {
  name: 'dtls',
  promises:
    'nothing that is received throws; a session opens only where both ends proved key and transcript, and says only what was said; no number serves twice under one key; whoever is unproved gets at most thrice what it sent; handshakes end, limits hold, and the server goes on serving',
  sources: ['libs/protocol/dtls/src'],
  make,
  run(input) {
    const [world = 0, flags = 0] = input
    const rest = input.subarray(2)
    switch (world % worlds) {
      case World.InsiderClient:
        return new InsiderWorld(flags, false).play(readScript(rest, insiderKinds))
      case World.InsiderServer:
        return new InsiderWorld(flags, true).play(readScript(rest, insiderKinds))
      case World.Chain:
        return verifyAny(flags, rest)
      case World.Snapshot:
        return importAny(flags, rest)
      default:
        return new PairWorld(flags).play(readScript(rest, pairKinds))
    }
  },
}

import type { Clock, Random } from '@fieldline/bytes'
import type { CoapCounters } from './counters.js'
import type { RequestFailure } from './errors.js'
import type { DatagramTransport, Peer } from './message.js'
import type { MessageView } from './message-view.js'
import { MessageWriter } from './message-writer.js'
import type { PeerState, PeerTable } from './peer-table.js'
import { initialTimeout, maxTransmitSpan, maxTransmitWait } from './profile.js'
import type { TransmissionProfile } from './profile.js'
import { learn, timeoutOf } from './round-trip.js'
import { WheelTimer } from './timer-wheel.js'
import type { TimerWheel } from './timer-wheel.js'

/**
 * Something we began with a peer: a request, a notification, a separate response, a ping. It waits for its turn, then sends one confirmable
 * message after another, each retransmitted by the outbox until it is acknowledged.
 */
export abstract class Interaction extends WheelTimer {
  /** @internal in the list of what has not ended. */
  listedBefore: Interaction | undefined
  /** @internal */
  listedAfter: Interaction | undefined
  /** @internal a confirmable message is under way, held by the outbox. */
  underWay = false
  messageId = -1
  attempts = 0
  timeoutMs = 0
  startedAt = 0
  /** When it left last. */
  sentAt = 0

  constructor(
    readonly outbox: Outbox,
    readonly state: PeerState,
    readonly profile: TransmissionProfile,
  ) {
    super()
  }

  /** Whether it may start now, NSTART aside. */
  canStart(): boolean {
    return true
  }

  /** Its turn has come. */
  abstract start(): void

  /** The message under way, with its `messageId`: the same bytes for every transmission (RFC 7252 §4.2). */
  abstract encode(): Uint8Array

  /** The message was acknowledged; `view` is the acknowledgement, with a response on its back or empty. False: not the one expected. */
  abstract acknowledged(view: MessageView): boolean

  /** It ends without success. */
  abstract fail(reason: RequestFailure): void

  /** Its own timer, when no message is under way. */
  protected expired(): void {}

  fire(): void {
    if (this.underWay) this.outbox.retransmit(this)
    else this.expired()
  }
}

/** A message that left within this time, milliseconds, may still be under way to a peer that is awake. */
const nudgeAfterMs = 1_000

/** Sends datagrams, retransmits confirmable ones (RFC 7252 §4.2), and gives each interaction its turn (§4.7). */
export class Outbox {
  /** Nothing waiting is started any more. */
  closed = false
  readonly writer = new MessageWriter()

  constructor(
    private readonly transport: DatagramTransport,
    readonly wheel: TimerWheel,
    readonly clock: Clock,
    private readonly random: Random,
    readonly counters: CoapCounters,
    private readonly peers: PeerTable,
    private readonly maxQueue: number,
  ) {
    peers.wake = (state) => this.#pump(state)
  }

  /** Sends a datagram once. */
  send(datagram: Uint8Array, peer: Peer): void {
    this.counters.sent++
    this.transport.send(datagram, peer)
  }

  /** Starts an interaction, now or when others have ended; fails it with `overload` if too many wait, with `closed` if nothing starts any more. */
  enqueue(interaction: Interaction): void {
    const { state } = interaction
    if (this.closed) interaction.fail('closed')
    else if (state.waiting === 0 && this.#mayStart(interaction)) {
      state.outstanding++
      interaction.start()
    } else if (state.waiting < this.maxQueue) (state.queue ??= []).push(interaction)
    else {
      this.counters.queueOverflows++
      interaction.fail('overload')
    }
  }

  #mayStart(interaction: Interaction): boolean {
    const { state, profile } = interaction
    if (state.outstanding >= profile.nstart || !interaction.canStart()) return false
    const wait = state.beginsHalf ? state.messageIdWait(this.clock.now(), profile) : 0
    if (wait > 0) this.wheel.start(state, wait)
    return wait === 0
  }

  /** Ends the turn of an interaction that is over. */
  release(state: PeerState): void {
    state.outstanding--
    this.#pump(state)
  }

  /** Lets others pass before the next block of an interaction: it goes to the end of the queue, and starts at once if that is empty. */
  again(interaction: Interaction): void {
    const { state } = interaction
    if (state.waiting === 0 && state.outstanding <= interaction.profile.nstart) {
      state.outstanding--
      if (this.#mayStart(interaction)) {
        state.outstanding++
        interaction.start()
        return
      }
      state.outstanding++
    }
    ;(state.queue ??= []).push(interaction)
    this.release(state)
  }

  /** Takes an interaction that has not started out of the queue. */
  withdraw(interaction: Interaction): void {
    const { queue } = interaction.state
    const at = queue ? queue.indexOf(interaction) : -1
    if (at >= 0) queue!.splice(at, 1)
    // Others may have waited only because it stood in the way.
    this.#pump(interaction.state)
  }

  #pump(state: PeerState): void {
    const { queue } = state
    for (let i = 0; queue && i < queue.length;) {
      const next = queue[i]
      if (this.closed || state.outstanding >= next.profile.nstart) return
      if (this.#mayStart(next)) {
        queue.splice(i, 1)
        state.outstanding++
        next.start()
        // Starting may have changed the queue.
        i = 0
      } else i++
    }
    if (queue?.length === 0) state.queue = undefined
    this.peers.retire(state)
  }

  /**
   * Sends the confirmable message of an interaction and retransmits it until `settle`. Throws what `encode` throws, and then nothing has
   * happened.
   */
  transmit(interaction: Interaction): void {
    const { state, profile } = interaction
    const now = this.clock.now()
    interaction.messageId = state.takeMessageId(now)
    const datagram = interaction.encode()
    interaction.underWay = true
    interaction.attempts = 0
    interaction.startedAt = now
    interaction.sentAt = now
    interaction.timeoutMs = initialTimeout(timeoutOf(state, profile, now), profile, this.random.unit())
    state.addUnacknowledged(interaction)
    this.wheel.start(interaction, interaction.timeoutMs)
    this.send(datagram, state.peer)
  }

  /** @internal a timeout of a message under way. */
  retransmit(interaction: Interaction): void {
    const { profile } = interaction
    const elapsed = this.clock.now() - interaction.startedAt
    const left = maxTransmitWait(profile) - elapsed
    if (interaction.attempts >= profile.maxRetransmit || left <= 0) {
      this.settle(interaction)
      this.counters.timeouts++
      interaction.fail('timeout')
      return
    }
    interaction.timeoutMs *= 2
    if (elapsed > maxTransmitSpan(profile)) {
      // Learned round trips stretch the intervals, not the whole: the peer forgets the Message ID after EXCHANGE_LIFETIME (§4.8.2).
      interaction.attempts = profile.maxRetransmit
      this.wheel.start(interaction, left)
      return
    }
    interaction.attempts++
    interaction.sentAt = this.clock.now()
    this.counters.retransmissions++
    this.wheel.start(interaction, Math.min(interaction.timeoutMs, left))
    this.send(interaction.encode(), interaction.state.peer)
  }

  /** The peer listens now: what it has not acknowledged is sent once more, and given its present timeout anew. */
  nudge(state: PeerState): void {
    const now = this.clock.now()
    for (const interaction of state.allUnacknowledged()) {
      if (now - interaction.sentAt < nudgeAfterMs) continue
      const left = maxTransmitWait(interaction.profile) - (now - interaction.startedAt)
      if (left <= 0) continue
      interaction.sentAt = now
      this.counters.retransmissions++
      this.wheel.start(interaction, Math.min(interaction.timeoutMs, left))
      this.send(interaction.encode(), state.peer)
    }
  }

  /** Stops retransmitting, and the interaction's timer. */
  settle(interaction: Interaction): void {
    this.wheel.stop(interaction)
    if (!interaction.underWay) return
    interaction.underWay = false
    interaction.state.removeUnacknowledged(interaction)
  }

  /** The message of an interaction was acknowledged: nothing more is retransmitted, and its round trip is a lesson. */
  arrived(interaction: Interaction): void {
    if (!interaction.underWay) return
    this.settle(interaction)
    const now = this.clock.now()
    learn(interaction.state, now - interaction.startedAt, interaction.attempts, interaction.profile, now)
  }

  /** An acknowledgement arrived. */
  acknowledge(view: MessageView, state: PeerState | undefined): void {
    if (!state?.unacknowledged(view.messageId)?.acknowledged(view)) this.counters.unmatched++
  }

  /** A reset arrived; answers whether it ended something. */
  reset(messageId: number, state: PeerState | undefined): boolean {
    const interaction = state?.unacknowledged(messageId)
    if (!interaction) return false
    this.counters.resets++
    this.arrived(interaction)
    interaction.fail('reset')
    return true
  }
}

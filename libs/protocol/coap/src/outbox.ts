import type { Random } from '@fieldline/bytes'
import type { CoapCounters } from './counters.js'
import type { RequestFailure } from './errors.js'
import type { CoapMessage, DatagramTransport, Peer } from './message.js'
import type { PeerState } from './peer-table.js'
import { initialTimeout } from './profile.js'
import type { TransmissionProfile } from './profile.js'
import { WheelTimer } from './timer-wheel.js'
import type { TimerWheel } from './timer-wheel.js'

/**
 * Something we began with a peer: a request, a notification, a separate response, a ping. It waits for its turn, then sends one confirmable
 * message after another, each retransmitted by the outbox until it is acknowledged.
 */
export abstract class Interaction extends WheelTimer {
  /** @internal the message under way, held by the outbox. */
  datagram: Uint8Array | undefined
  messageId = -1
  attempts = 0
  timeoutMs = 0

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

  /** The message was acknowledged; `message` is the acknowledgement, with a response on its back or empty. False: not the one expected. */
  abstract acknowledged(message: CoapMessage): boolean

  /** It ends without success. */
  abstract fail(reason: RequestFailure): void

  /** Its own timer, when no message is under way. */
  protected expired(): void {}

  fire(): void {
    if (this.datagram) this.outbox.retransmit(this)
    else this.expired()
  }
}

/** Sends datagrams, retransmits confirmable ones (RFC 7252 §4.2), and gives each interaction its turn (§4.7). */
export class Outbox {
  /** Nothing waiting is started any more. */
  closed = false

  constructor(
    private readonly transport: DatagramTransport,
    readonly wheel: TimerWheel,
    private readonly random: Random,
    readonly counters: CoapCounters,
    private readonly maxQueue: number,
  ) {}

  /** Sends a datagram once. */
  send(datagram: Uint8Array, peer: Peer): void {
    this.counters.sent++
    this.transport.send(datagram, peer)
  }

  /** Starts an interaction, now or when others have ended; `overload` fails it if too many wait. */
  enqueue(interaction: Interaction): void {
    const { state } = interaction
    if (
      state.queue.length === 0 &&
      state.outstanding < interaction.profile.nstart &&
      interaction.canStart()
    ) {
      state.outstanding++
      interaction.start()
    } else if (state.queue.length < this.maxQueue) state.queue.push(interaction)
    else interaction.fail('overload')
  }

  /** Ends the turn of an interaction that is over. */
  release(state: PeerState): void {
    state.outstanding--
    this.#pump(state)
  }

  /** Lets others pass before the next block of an interaction: it goes to the end of the queue, and starts at once if that is empty. */
  again(interaction: Interaction): void {
    const { state } = interaction
    state.queue.push(interaction)
    this.release(state)
  }

  /** Takes an interaction that has not started out of the queue. */
  withdraw(interaction: Interaction): void {
    const at = interaction.state.queue.indexOf(interaction)
    if (at >= 0) interaction.state.queue.splice(at, 1)
    // Others may have waited only because it stood in the way.
    this.#pump(interaction.state)
  }

  #pump(state: PeerState): void {
    for (let i = 0; i < state.queue.length;) {
      const next = state.queue[i]
      if (this.closed || state.outstanding >= next.profile.nstart) return
      if (next.canStart()) {
        state.queue.splice(i, 1)
        state.outstanding++
        next.start()
        // Starting may have changed the queue.
        i = 0
      } else i++
    }
  }

  /** Sends the confirmable message of an interaction and retransmits it until `settle`. */
  transmit(interaction: Interaction, datagram: Uint8Array, messageId: number): void {
    interaction.datagram = datagram
    interaction.messageId = messageId
    interaction.attempts = 0
    interaction.timeoutMs = initialTimeout(interaction.profile, this.random.unit())
    interaction.state.unacknowledged.set(messageId, interaction)
    this.wheel.start(interaction, interaction.timeoutMs)
    this.send(datagram, interaction.state.peer)
  }

  /** @internal a timeout of a message under way. */
  retransmit(interaction: Interaction): void {
    if (interaction.attempts >= interaction.profile.maxRetransmit) {
      this.settle(interaction)
      this.counters.timeouts++
      interaction.fail('timeout')
      return
    }
    interaction.attempts++
    interaction.timeoutMs *= 2
    this.counters.retransmissions++
    this.wheel.start(interaction, interaction.timeoutMs)
    this.send(interaction.datagram!, interaction.state.peer)
  }

  /** Stops retransmitting, and the interaction's timer. */
  settle(interaction: Interaction): void {
    this.wheel.stop(interaction)
    if (!interaction.datagram) return
    interaction.datagram = undefined
    interaction.state.unacknowledged.delete(interaction.messageId)
  }

  /** An acknowledgement arrived. */
  acknowledge(message: CoapMessage, state: PeerState | undefined): void {
    const interaction = state?.unacknowledged.get(message.messageId)
    if (!interaction?.acknowledged(message)) this.counters.unmatched++
  }

  /** A reset arrived; answers whether it ended something. */
  reset(messageId: number, state: PeerState | undefined): boolean {
    const interaction = state?.unacknowledged.get(messageId)
    if (!interaction) return false
    this.counters.resets++
    this.settle(interaction)
    interaction.fail('reset')
    return true
  }
}

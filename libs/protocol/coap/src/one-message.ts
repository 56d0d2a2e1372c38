import { InvariantError } from '@fieldline/bytes'
import type { InteractionList } from './interaction-list.js'
import type { MessageView } from './message-view.js'
import { Type } from './message.js'
import { RequestError } from './errors.js'
import type { RequestFailure } from './errors.js'
import { Interaction } from './outbox.js'
import type { Outbox } from './outbox.js'
import type { PeerState } from './peer-table.js'
import type { NotifyResult } from './port.js'
import type { TransmissionProfile } from './profile.js'

/** An interaction of one confirmable message that wants nothing but its acknowledgement. */
abstract class OneMessage extends Interaction {
  #running = false
  #ended = false

  constructor(
    outbox: Outbox,
    state: PeerState,
    profile: TransmissionProfile,
    private readonly open: InteractionList,
  ) {
    super(outbox, state, profile)
    open.add(this)
  }

  /** Called once: undefined if it was acknowledged, an error if it could not be written. */
  protected abstract ended(failure: RequestFailure | Error | undefined): void

  override start(): void {
    this.#running = true
    try {
      this.outbox.transmit(this)
    } catch (error) {
      this.#end(error instanceof Error ? error : new InvariantError(String(error)))
    }
  }

  override acknowledged(_view: MessageView): boolean {
    this.outbox.arrived(this)
    this.#end(undefined)
    return true
  }

  override fail(reason: RequestFailure): void {
    this.#end(reason)
  }

  #end(failure: RequestFailure | Error | undefined): void {
    if (this.#ended) return
    this.#ended = true
    this.open.delete(this)
    this.outbox.settle(this)
    if (this.#running) this.outbox.release(this.state)
    else this.outbox.withdraw(this)
    this.ended(failure)
  }
}

/** An answer that follows an empty acknowledgement (RFC 7252 §5.2.2). It does not wait for its turn: the peer waits for it. */
export class SeparateResponse extends OneMessage {
  constructor(
    outbox: Outbox,
    state: PeerState,
    profile: TransmissionProfile,
    open: InteractionList,
    private readonly build: (messageId: number) => Uint8Array,
  ) {
    super(outbox, state, profile, open)
  }

  override encode(): Uint8Array {
    return this.build(this.messageId)
  }

  /** One that cannot be written is the handler's fault, who is still within reach: it is answered for with another. */
  protected ended(failure: RequestFailure | Error | undefined): void {
    if (failure instanceof Error) throw failure
  }
}

/** A confirmable notification (RFC 7641 §4.5). */
export class ConfirmableNotification extends OneMessage {
  readonly result: Promise<NotifyResult>
  #resolve!: (result: NotifyResult) => void
  #reject!: (error: Error) => void

  constructor(
    outbox: Outbox,
    state: PeerState,
    profile: TransmissionProfile,
    open: InteractionList,
    private readonly build: (messageId: number) => Uint8Array,
  ) {
    super(outbox, state, profile, open)
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  override encode(): Uint8Array {
    return this.build(this.messageId)
  }

  protected ended(failure: RequestFailure | Error | undefined): void {
    if (failure === undefined) this.#resolve('acknowledged')
    else if (failure === 'reset' || failure === 'timeout') this.#resolve(failure)
    else if (failure instanceof Error) this.#reject(failure)
    else this.#reject(new RequestError(failure, false, this.messageId >= 0))
  }
}

/** An empty confirmable message; a live peer answers it with a reset (RFC 7252 §4.3). */
export class Ping extends OneMessage {
  readonly result: Promise<void>
  #resolve!: () => void
  #reject!: (error: Error) => void

  constructor(outbox: Outbox, state: PeerState, profile: TransmissionProfile, open: InteractionList) {
    super(outbox, state, profile, open)
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  override encode(): Uint8Array {
    return this.outbox.writer.empty(Type.Confirmable, this.messageId)
  }

  protected ended(failure: RequestFailure | Error | undefined): void {
    if (failure === undefined || failure === 'reset') this.#resolve()
    else if (failure instanceof Error) this.#reject(failure)
    else this.#reject(new RequestError(failure, false, this.messageId >= 0))
  }
}

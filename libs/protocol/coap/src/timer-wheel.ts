import type { Clock, Timer } from '@fieldline/bytes'

const tickMs = 100
const slotCount = 1024

/** Something that falls due. It belongs to the wheel it was started on until it fires or is stopped. */
export abstract class WheelTimer {
  /** @internal neighbours in a slot's ring; undefined while not started. */
  before: WheelTimer | undefined
  /** @internal */
  after: WheelTimer | undefined
  /** @internal tick at which it falls due. */
  due = 0

  /** Called once it has fallen due; it may start itself again. Must not throw. */
  abstract fire(): void
}

class Ring extends WheelTimer {
  constructor() {
    super()
    this.before = this
    this.after = this
  }
  fire(): void {}
}

function link(timer: WheelTimer, ring: Ring): void {
  const last = ring.before!
  timer.before = last
  timer.after = ring
  last.after = timer
  ring.before = timer
}

function unlink(timer: WheelTimer): void {
  timer.before!.after = timer.after
  timer.after!.before = timer.before
  timer.before = undefined
  timer.after = undefined
}

/**
 * Any number of timers on at most one timer of the clock, in steps of 100 ms, rounded up. A timer per message would cost a full collection
 * of more than a second at a million peers.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #slots: (Ring | undefined)[] = new Array<Ring | undefined>(slotCount).fill(undefined)
  #origin: number
  #current = 0
  #count = 0
  #armed: Timer | undefined
  #armedTick = 0
  readonly #onTick = (): void => this.#run()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#origin = clock.now()
  }

  /** Timers that are running. */
  get size(): number {
    return this.#count
  }

  /** Starts `timer`, or starts it again; it fires no sooner than `delayMs` from now. */
  start(timer: WheelTimer, delayMs: number): void {
    this.stop(timer)
    const tick = Math.ceil((this.#clock.now() + delayMs - this.#origin) / tickMs)
    timer.due = Math.max(tick, this.#current + 1)
    link(timer, (this.#slots[timer.due % slotCount] ??= new Ring()))
    this.#count++
    if (!this.#armed || timer.due < this.#armedTick) this.#arm(timer.due)
  }

  /** Stops `timer` if it runs. */
  stop(timer: WheelTimer): void {
    if (!timer.before) return
    unlink(timer)
    this.#count--
    if (this.#count === 0) {
      // An idle wheel must not keep a process alive.
      this.#armed?.cancel()
      this.#armed = undefined
    }
  }

  #arm(tick: number): void {
    this.#armed?.cancel()
    this.#armedTick = tick
    this.#armed = this.#clock.after(
      Math.max(0, this.#origin + tick * tickMs - this.#clock.now()),
      this.#onTick,
    )
  }

  #run(): void {
    this.#armed = undefined
    const now = this.#clock.now()
    // The clock's timer says that the time has come. If the clock was set back meanwhile, the wheel goes with the timer.
    this.#origin -= Math.max(0, this.#origin + this.#armedTick * tickMs - now)
    const until = Math.floor((now - this.#origin) / tickMs)
    const due = new Ring()
    for (let tick = Math.max(this.#current + 1, until - slotCount + 1); tick <= until; tick++) {
      const ring = this.#slots[tick % slotCount]
      for (let timer = ring?.after; ring && timer && timer !== ring;) {
        const following: WheelTimer | undefined = timer.after
        if (timer.due <= until) {
          unlink(timer)
          link(timer, due)
        }
        timer = following
      }
    }
    this.#current = until
    // Those that fire may stop others of the same batch: they are still linked, so `stop` finds them.
    while (due.after !== due) {
      const timer = due.after!
      unlink(timer)
      this.#count--
      timer.fire()
    }
    if (this.#count === 0) return
    // A timer started while others fired has armed the clock for itself; something older may be due sooner.
    const tick = this.#nextTick()
    if (!this.#armed || tick < this.#armedTick) this.#arm(tick)
  }

  #nextTick(): number {
    for (let ahead = 1; ahead <= slotCount; ahead++) {
      const ring = this.#slots[(this.#current + ahead) % slotCount]
      if (ring && ring.after !== ring) return this.#current + ahead
    }
    return this.#current + slotCount
  }
}

const wheels = new WeakMap<Clock, TimerWheel>()

/** The wheel of a clock: all endpoints of a process share one. */
export function wheelOf(clock: Clock): TimerWheel {
  let wheel = wheels.get(clock)
  if (!wheel) wheels.set(clock, (wheel = new TimerWheel(clock)))
  return wheel
}

import { ManualClock } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { TimerWheel, WheelTimer, wheelOf } from './timer-wheel.js'

class Bell extends WheelTimer {
  readonly rung: number[] = []
  constructor(
    private readonly clock: ManualClock,
    private readonly then?: () => void,
  ) {
    super()
  }
  fire(): void {
    this.rung.push(this.clock.now())
    this.then?.()
  }
}

function setUp() {
  const clock = new ManualClock(0)
  return { clock, wheel: new TimerWheel(clock) }
}

describe('timer wheel', () => {
  it('fires once, no sooner than asked and at most one step later', () => {
    const { clock, wheel } = setUp()
    for (const delay of [1, 100, 101, 2_000, 102_399, 102_401, 697_500]) {
      const bell = new Bell(clock)
      const start = clock.now()
      wheel.start(bell, delay)
      clock.advance(delay + 100)
      expect(bell.rung).toHaveLength(1)
      expect(bell.rung[0] - start).toBeGreaterThanOrEqual(delay)
      clock.advance(200_000)
      expect(bell.rung).toHaveLength(1)
    }
    expect(wheel.size).toBe(0)
  })

  it('does not fire what was stopped, and fires at the new time what was started again', () => {
    const { clock, wheel } = setUp()
    const [stopped, moved] = [new Bell(clock), new Bell(clock)]
    wheel.start(stopped, 500)
    wheel.start(moved, 500)
    wheel.start(moved, 900)
    wheel.stop(stopped)
    wheel.stop(stopped)
    clock.advance(5_000)
    expect([stopped.rung, moved.rung]).toEqual([[], [900]])
  })

  it('lets one timer stop another that is due in the same step', () => {
    const { clock, wheel } = setUp()
    const second = new Bell(clock)
    const first = new Bell(clock, () => wheel.stop(second))
    wheel.start(first, 300)
    wheel.start(second, 300)
    clock.advance(1_000)
    expect(first.rung).toHaveLength(1)
    expect(second.rung).toHaveLength(0)
    expect(wheel.size).toBe(0)
  })

  it('fires an earlier timer that is started after a later one, also from within another', () => {
    const { clock, wheel } = setUp()
    const early = new Bell(clock)
    const late = new Bell(clock)
    wheel.start(late, 50_000)
    wheel.start(new Bell(clock, () => wheel.start(early, 200)), 1_000)
    clock.advance(60_000)
    expect(early.rung).toEqual([1_200])
    expect(late.rung).toEqual([50_000])
  })

  it('rests without a timer of the clock while it is empty', () => {
    const { clock, wheel } = setUp()
    wheel.start(new Bell(clock), 100)
    clock.advance(100)
    let asked = 0
    const after = clock.after.bind(clock)
    clock.after = (delay, run) => {
      asked++
      return after(delay, run)
    }
    clock.advance(100_000)
    expect(asked).toBe(0)
  })

  it('is one for all users of a clock', () => {
    const clock = new ManualClock()
    expect(wheelOf(clock)).toBe(wheelOf(clock))
    expect(wheelOf(new ManualClock())).not.toBe(wheelOf(clock))
  })
})

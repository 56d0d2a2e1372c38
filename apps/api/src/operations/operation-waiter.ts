import { Inject, Injectable } from '@nestjs/common'
import type { Bus } from '@fieldline/bus'
import { BUS } from '../tokens.js'

/** Lets a request wait until an operation changes, by the bus; whoever waits reads the row again. */
@Injectable()
export class OperationWaiter {
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(@Inject(BUS) bus: Bus) {
    bus.subscribe(
      (event) => {
        if (event.kind === 'operation') for (const id of event.operationIds) this.#wake(id)
      },
      () => {
        for (const id of this.#waiting.keys()) this.#wake(id)
      },
    )
  }

  /** Resolves at the next change of the operation, or after `milliseconds`. */
  changed(id: string, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(id) ?? new Set()
      const done = (): void => {
        clearTimeout(timer)
        waiters.delete(done)
        if (waiters.size === 0) this.#waiting.delete(id)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      waiters.add(done)
      this.#waiting.set(id, waiters)
    })
  }

  #wake(id: string): void {
    for (const done of [...(this.#waiting.get(id) ?? [])]) done()
  }
}

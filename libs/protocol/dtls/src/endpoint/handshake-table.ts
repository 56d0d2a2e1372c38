import type { ServerHandshake } from '../handshake/server-handshake.js'
import { sourceOf } from './source.js'

/** Handshakes under way, by number and by where they come from. */
export class HandshakeTable {
  readonly #byId = new Map<number, ServerHandshake>()
  readonly #bySource = new Map<string, Set<ServerHandshake>>()

  get size(): number {
    return this.#byId.size
  }

  values(): IterableIterator<ServerHandshake> {
    return this.#byId.values()
  }

  get(id: number): ServerHandshake | undefined {
    return this.#byId.get(id)
  }

  add(handshake: ServerHandshake): void {
    this.#byId.set(handshake.id, handshake)
    const source = sourceOf(handshake.peer.address)
    const siblings = this.#bySource.get(source)
    if (siblings) siblings.add(handshake)
    else this.#bySource.set(source, new Set([handshake]))
  }

  /** False if it was not here. */
  delete(handshake: ServerHandshake): boolean {
    const source = sourceOf(handshake.peer.address)
    const siblings = this.#bySource.get(source)
    siblings?.delete(handshake)
    if (siblings?.size === 0) this.#bySource.delete(source)
    return this.#byId.delete(handshake.id)
  }

  /** Who gives way when there is no room: the oldest of the source that has most, so that whoever floods us crowds out himself first. */
  get mostCrowded(): ServerHandshake | undefined {
    let most: ReadonlySet<ServerHandshake> = new Set()
    for (const siblings of this.#bySource.values()) if (siblings.size > most.size) most = siblings
    const [oldest] = most
    return oldest
  }
}

import type { Interaction } from './outbox.js'

/** Interactions that have not ended, in the order in which they began. They are linked to each other: a `Set` would keep them, see `Buckets`. */
export class InteractionList implements Iterable<Interaction> {
  #first: Interaction | undefined
  #last: Interaction | undefined

  /** Adds one that is not in a list. */
  add(interaction: Interaction): void {
    interaction.listedBefore = this.#last
    if (this.#last) this.#last.listedAfter = interaction
    else this.#first = interaction
    this.#last = interaction
  }

  /** Takes one out. */
  delete(interaction: Interaction): void {
    const { listedBefore, listedAfter } = interaction
    if (listedBefore) listedBefore.listedAfter = listedAfter
    else if (this.#first === interaction) this.#first = listedAfter
    if (listedAfter) listedAfter.listedBefore = listedBefore
    else if (this.#last === interaction) this.#last = listedBefore
    interaction.listedBefore = undefined
    interaction.listedAfter = undefined
  }

  *[Symbol.iterator](): Generator<Interaction> {
    for (let at = this.#first; at; at = at.listedAfter) yield at
  }
}

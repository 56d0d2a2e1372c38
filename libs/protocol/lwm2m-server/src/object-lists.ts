import { definitionsFor } from '@fieldline/lwm2m'
import type { LwM2mVersion, ObjectLinks } from '@fieldline/lwm2m'
import type { Registration } from './ports.js'

/** More object lists than vendors have models and firmwares; beyond it the oldest is no longer shared. */
const mostLists = 4_096

type KnownLinks = Pick<Registration, 'objectLinks' | 'definitions'>

/** Object lists and the definitions they lead to, one for all devices that announce the same: there are far fewer models than meters. */
export class ObjectLists {
  readonly #known = new Map<string, KnownLinks>()

  /** The list that says the same as `objectLinks`, announced by a client of this version. */
  of(objectLinks: ObjectLinks, version: LwM2mVersion): KnownLinks {
    const key = `${version} ${objectLinks.text}`
    const known = this.#known.get(key)
    if (known) return known
    const added = { objectLinks, definitions: definitionsFor(objectLinks, version) }
    this.#known.set(key, added)
    if (this.#known.size > mostLists) this.#known.delete(this.#known.keys().next().value as string)
    return added
  }
}

import { coap } from './coap/target.js'
import { codec } from './codec/target.js'
import { dtls } from './dtls/target.js'
import { links } from './links/target.js'
import type { Target } from './target.js'
import { xml } from './xml/target.js'

/** Everything that is fuzzed. */
export const targets: readonly Target[] = [coap, codec, dtls, links, xml]

import type { ModelId } from '../identity.js'
import { brentagasG4 } from './brentagas-g4.js'
import { keldaH2 } from './kelda-h2.js'
import { lyngvikL7 } from './lyngvik-l7.js'
import type { MeterModel } from './model.js'
import { oststromE3 } from './oststrom-e3.js'
import { tarnwaterTw1 } from './tarnwater-tw1.js'

/** The models of the fleet by id. */
export const models: Readonly<Record<ModelId, MeterModel>> = {
  TW1: tarnwaterTw1,
  L7: lyngvikL7,
  G4: brentagasG4,
  E3: oststromE3,
  H2: keldaH2,
}

import { demoFleet, unknownMeter } from './fleet.js'
import type { FleetOptions } from './fleet.js'
import type { PlantedLetter } from './identity.js'

/** One thing that is planted in the demo and can be found. */
export interface Truth {
  readonly letter: PlantedLetter
  readonly text: string
  readonly endpoints: readonly string[]
}

/** The interval resources that planted (f) accepts and does not take: Default Minimum and Default Maximum Period of the Server object. */
export const divergingPaths: readonly string[] = ['/1/0/2', '/1/0/3']

const texts: Readonly<Record<PlantedLetter, string>> = {
  a: 'One radio cell is silent: all its meters, of three models, report for about a minute and then no more',
  f: `Electricity meters that answer 2.04 to a write of ${divergingPaths.join(' or ')} and read back the value they had`,
  j: 'Two devices under one endpoint name: the registration flaps between two addresses',
  k: 'A meter at the door that is on nobody’s list: refused with 4.03 where only known endpoints may register',
  m: 'A manufacturer string that is HTML with a script: it must be shown as text',
}

/** Everything planted in this fleet that can be found today, and nothing else. */
export function demoTruth(options: FleetOptions): Truth[] {
  const fleet = demoFleet(options)
  const unknown = unknownMeter(options)
  const planted = unknown ? [...fleet, unknown] : fleet
  return (Object.keys(texts) as PlantedLetter[])
    .map((letter) => ({
      letter,
      text: texts[letter],
      endpoints: planted.filter((meter) => meter.planted.includes(letter)).map(({ endpoint }) => endpoint),
    }))
    .filter(({ endpoints }) => endpoints.length > 0)
}

/** Our LwM2M Server over memory, whose work is to have further devices register and, with `--observe`, to observe five resources of each. */
import { setImmediate } from 'node:timers/promises'
import process from 'node:process'
import { createCoapEndpoint } from '@fieldline/coap'
import { startLwM2mServer } from '@fieldline/lwm2m-server'
import type { AfterRegister } from '@fieldline/lwm2m-server'
import { pathOf } from '@fieldline/object-model'
import { forgetfulPorts } from '../forgetful-ports.js'
import { MemoryDevices } from '../memory-devices.js'
import { answerQuestions } from '../side.js'
import { systemClock as clock, systemRandom as random } from '../system.js'

const resources = [pathOf(3, 0, 9), pathOf(3, 0, 13), pathOf(4, 0, 2), pathOf(5, 0, 3), pathOf(3424, 0, 1)]
const plan: AfterRegister = {
  reads: [],
  observations: process.argv.includes('--observe') ? resources.map((path) => ({ path })) : [],
}
const devices = new MemoryDevices()
// what is kept for each exchange is another figure: here it is small and the same before and after
const limits = { maxExchanges: 1024 }
const endpoint = createCoapEndpoint({ transport: devices, clock, random, limits })
await startLwM2mServer({ endpoint, clock, random, ...forgetfulPorts(), afterRegister: () => plan })

let n = 0

answerQuestions(0, async ({ count, window }) => {
  const registered = devices.registered
  for (const end = n + count; n < end;) {
    for (let last = Math.min(end, n + window); n < last; n++) devices.register(n)
    while (devices.registered < n || devices.observed < n * plan.observations.length) await setImmediate()
  }
  // the last device's last observation is one the server knows
  if (plan.observations.length > 0) {
    const heard = devices.acknowledged + devices.other
    devices.notify(n - 1)
    while (devices.acknowledged + devices.other === heard) await setImmediate()
  }
  return { right: devices.registered - registered, wrong: devices.other }
})

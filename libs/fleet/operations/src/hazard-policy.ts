import type { Hazard } from '@fieldline/object-model'

/** `refuse`: never. `confirm`: the endpoint name is typed again, and never in bulk. `single-only`: one device at a time. */
export type HazardPolicy = 'refuse' | 'confirm' | 'single-only'

/** One row per hazard: what is asked of the caller, and why, in words. */
export const hazardPolicies: Readonly<Record<Hazard, { policy: HazardPolicy; reason: string }>> = {
  'register-reset': {
    policy: 'refuse',
    reason: 'it clears a register that is billed by; the reading would be lost for good',
  },
  supply: {
    policy: 'refuse',
    reason:
      'it switches a supply (valve or relay); that needs two persons and a safe site, which Fieldline cannot assure yet',
  },
  connectivity: {
    policy: 'confirm',
    reason: 'it can cut the device off from this server, and nobody may be able to reach it again from here',
  },
  reboot: { policy: 'confirm', reason: 'it restarts the device; it is not heard until it registers again' },
  'read-moves-pointer': {
    policy: 'single-only',
    reason: 'reading it marks data as delivered, so that another system would never get them',
  },
}

import type { LwM2mServerOptions } from '@fieldline/lwm2m-server'

type Ports = Omit<LwM2mServerOptions, 'endpoint' | 'clock' | 'random'>

/** The ports of an LwM2M Server that admit everyone and keep nothing: what is left is the protocol's own cost. */
export function forgetfulPorts(): Ports {
  let devices = 0
  const done = Promise.resolve()
  return {
    registrations: {
      load: async () => [],
      register: async () => ({ deviceId: `device-${++devices}`, organisationId: 'bench' }),
      update: () => done,
      end: () => done,
      contentFormatLearned: () => {},
    },
    observations: { load: async () => [], add: () => done, remove: () => done },
    operations: {
      devicesWaiting: async () => [],
      next: async () => undefined,
      sending: async () => false,
      finish: () => done,
    },
    sink: { write: () => done },
    events: {
      contact: () => {},
      nameConflict: () => {},
      observationEnded: () => {},
      observationBegan: () => {},
      failed: (what, error) => {
        throw new Error(what, { cause: error })
      },
    },
    afterRegister: () => ({ reads: [], observations: [] }),
  }
}

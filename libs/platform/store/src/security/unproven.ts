/** A registration in the name of a device that has a credential, without its proof, or with a proof that is not this device's. */
export class Unproven extends Error {
  override readonly name = 'Unproven'
  constructor(readonly endpoint: string) {
    super(`${endpoint}: not the proof that this device has to bring`)
  }
}

import type { DefinitionLookup, Path } from '@fieldline/object-model'

/** What both directions need beside the payload or the values. */
export interface CodecContext {
  /** The path the request names: names in a payload are resolved against it, values to encode lie within it. The root for composites and Send. */
  readonly base: Path
  /** Definitions that hold for this device. */
  readonly definitions: DefinitionLookup
  /**
   * The device's alternate path (`/lwm2m`), in front of the names of SenML payloads. In those of LwM2M 1.0 JSON it is read where a device writes it,
   * and not written: only SenML asks for it. @see LwM2M Transport 1.2 §6.4.1
   */
  readonly alternatePath?: string
  /**
   * The prefix (`d01`) of a device behind a gateway, in front of the names of SenML and LwM2M CBOR payloads. With it, names without the prefix are
   * the gateway's own and refused. @see LwM2M Gateway 1.1 §6
   */
  readonly gatewayPrefix?: string
}

/** What decoding needs: what a payload alone does not say. */
export interface DecodeContext extends CodecContext {
  /** Epoch milliseconds, for times a payload gives relative to now. */
  readonly now: number
}

/** What encoding needs beside the values. */
export type EncodeContext = CodecContext

/** What stands in front of every SenML name: alternate path, then gateway prefix; without a slash at its end. */
export function nameRoot({ alternatePath = '', gatewayPrefix }: CodecContext): string {
  const root = alternatePath.endsWith('/') ? alternatePath.slice(0, -1) : alternatePath
  return gatewayPrefix === undefined ? root : `${root}/${gatewayPrefix}`
}

/** What an entry stands for: bits 7 and 6 of its first byte. @see LwM2M Core 1.2 §7.4.5 */
export const TlvKind = { Instance: 0, ResourceInstance: 1, MultipleResource: 2, Resource: 3 } as const
export type TlvKind = (typeof TlvKind)[keyof typeof TlvKind]

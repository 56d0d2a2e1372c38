/**
 * A link of a CoRE link-format list.
 * @see RFC 6690 §2
 */
export interface Link {
  /** What stood between `<` and `>`. */
  readonly target: string
  /** By name, in order; `true` for an attribute without a value. Of a repeated name the first counts. */
  readonly attributes: ReadonlyMap<string, string | true>
}

/** Longest list in UTF-16 units: as the others here, far above any device, far below any harm. */
export const MAX_LINK_TEXT = 65_536
/** Most links of a list. */
export const MAX_LINKS = 10_000
/** Most attributes of one link. */
export const MAX_LINK_ATTRIBUTES = 64

/** RFC 7252 §8: a group has no Message IDs and no acknowledgements; nothing can be asked of it here, and nothing truly comes from it. */
export function isGroup(address: string): boolean {
  const first = address.charCodeAt(0)
  // 'f' and 'F': ff00::/8. '2': 224.0.0.0/4 and the broadcast address.
  if (first === 0x66 || first === 0x46) return /^ff[0-9a-f]{2}:/i.test(address)
  if (first !== 0x32 || address.charCodeAt(3) !== 0x2e) return false
  return Number.parseInt(address, 10) >= 224
}

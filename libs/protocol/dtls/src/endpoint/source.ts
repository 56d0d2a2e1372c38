/**
 * What one host can be at once, and is limited as one: an IPv4 address, or the /64 of an IPv6 address, in which a host takes as many addresses as
 * it likes (RFC 4291 §2.5.4). The text is that of the operating system: in lower case, without leading zeros.
 */
export function sourceOf(address: string): string {
  // an IPv4 address in the form of an IPv6 address is still one host's
  if (!address.includes(':') || address.includes('.')) return address
  const [head, tail = ''] = address.split('::')
  const before = head.split(':').filter(Boolean)
  const after = tail.split(':').filter(Boolean)
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}

/** The address of device n, as the generator has them: 127.1.0.0 + n, for up to 65,536. */
export function deviceAddress(n: number): string {
  return `127.1.${n >> 8}.${n & 255}`
}

/** What device n answers to any GET. */
export function deviceAnswer(n: number): string {
  return String(n)
}

const blockBytes = 1024
export const blocksPerBody = 256

/** A firmware image of 256 KiB whose block n is full of the byte n, so that a device knows each block when it sees it. */
export function imageOfBlocks(): Uint8Array {
  return Uint8Array.from({ length: blocksPerBody * blockBytes }, (_, at) => Math.floor(at / blockBytes))
}

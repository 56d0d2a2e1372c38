import type { Work, Worked } from './side.js'

/** Does `one` for so many devices in turn, at most `window` at a time; counts what came out true, and what did not or failed. */
export async function overDevices(work: Work, one: (device: number) => Promise<boolean>): Promise<Worked> {
  let begun = 0
  let right = 0
  let wrong = 0
  const worker = async (): Promise<void> => {
    while (begun < work.count) {
      if (await one(begun++ % work.devices).catch(() => false)) right++
      else wrong++
    }
  }
  await Promise.all(Array.from({ length: Math.min(work.window, work.count) }, worker))
  return { right, wrong }
}

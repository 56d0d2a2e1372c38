import { chance } from './chance.js'

/** The faults that can be dealt to a share of the fleet. */
const faultNames = ['reject-write', 'silent', 'reboot', 'diverge', 'loss'] as const
export type FaultName = (typeof faultNames)[number]
/** Shares of meters, 0..1; for `loss` the share of datagrams. */
export type FaultShares = Readonly<Partial<Record<FaultName, number>>>

/** What is wrong with one meter. */
export interface Faults {
  /** Refuses every write, with 4.00 or 5.00. */
  readonly rejectWrite: boolean
  /** Wakes no more after so many contacts. */
  readonly silentAfter: number | undefined
  /** Restarts every so many contacts and registers again. */
  readonly rebootEvery: number | undefined
  /** Answers 2.04 to a write of these paths and keeps what it had; `all`: to every write. */
  readonly diverge: 'all' | readonly string[]
  /** Share of datagrams lost, in each direction. */
  readonly loss: number
}

/** Reads `reject-write:0.3|silent:0.1`; commas serve as well as bars. Throws `RangeError` in words. */
export function parseFaults(texts: readonly string[]): FaultShares {
  const shares: Partial<Record<FaultName, number>> = {}
  for (const part of texts.flatMap((text) => text.split(/[|,]/)).filter((text) => text !== '')) {
    const [name, share] = part.split(':', 2)
    const known = faultNames.find((fault) => fault === name)
    if (!known || !/^(0(\.\d+)?|1(\.0+)?)$/.test(share ?? ''))
      throw new RangeError(
        `--fault takes name:share, one of ${faultNames.join(', ')} and 0..1, not "${part}"`,
      )
    shares[known] = Number(share)
  }
  return shares
}

/** What the shares mean for one meter, from its seed. */
export function faultsOf(shares: FaultShares, seed: number): Faults {
  const has = (name: FaultName): boolean => chance(seed, 'fault', name) < (shares[name] ?? 0)
  return {
    rejectWrite: has('reject-write'),
    silentAfter: has('silent') ? 3 + Math.floor(6 * chance(seed, 'silent after')) : undefined,
    rebootEvery: has('reboot') ? 3 + Math.floor(4 * chance(seed, 'reboot every')) : undefined,
    diverge: has('diverge') ? 'all' : [],
    loss: shares.loss ?? 0,
  }
}

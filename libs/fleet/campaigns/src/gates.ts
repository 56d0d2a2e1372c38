import { reaches, tally, type WaveCounts } from './counts.js'

/** What a gate saw when it was judged; kept with its verdict. */
export interface GateInputs {
  gate: 'error' | 'success'
  wave: number
  verified: number
  failed: number
  silent: number
  decided: number
  /** Whole of the share: decided devices for errors, members that are not out for success. */
  whole: number
  part: number
  threshold: number
  failures: Readonly<Record<string, number>>
}

/** Bad and decided devices that a person has already answered for by letting the campaign go on. */
export interface Forgiven {
  bad: number
  decided: number
}

function inputs(wave: number, counts: WaveCounts): Omit<GateInputs, 'gate' | 'whole' | 'part' | 'threshold'> {
  const { verified = 0, failed = 0, silent = 0 } = counts.tasks
  return {
    wave,
    verified,
    failed,
    silent,
    decided: verified + failed + silent,
    failures: counts.failures ?? {},
  }
}

/**
 * The error gate: failed and silent devices among the decided ones, once enough are decided. Silence is failure. Returns its inputs when
 * it trips. @see rules 1 and 3
 */
export function errorGate(
  wave: number,
  counts: WaveCounts,
  limit: { threshold: number; minSample: number },
  forgiven: Forgiven = { bad: 0, decided: 0 },
): GateInputs | undefined {
  const { bad, decided } = tally(counts.tasks)
  const part = Math.max(0, bad - forgiven.bad)
  const whole = Math.max(0, decided - forgiven.decided)
  if (whole < limit.minSample || part === 0 || !reaches(part, whole, limit.threshold)) return undefined
  return { gate: 'error', ...inputs(wave, counts), part, whole, threshold: limit.threshold }
}

/**
 * The success gate: verified devices among members that are not out. Nothing passes by default: not with somebody undecided, and not with
 * nobody verified. @see rule 2
 */
export function successGate(
  wave: number,
  counts: WaveCounts,
  threshold: number,
): { passed: boolean; inputs: GateInputs } {
  const { good, members, out, undecided } = tally(counts.tasks)
  const whole = members - out
  const passed = undecided === 0 && good > 0 && reaches(good, whole, threshold)
  return { passed, inputs: { gate: 'success', ...inputs(wave, counts), part: good, whole, threshold } }
}

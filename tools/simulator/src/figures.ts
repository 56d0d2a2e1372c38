/** The figures of a run, as its last line says them. */
export interface Figures {
  readonly meters: number
  readonly registered: number
  /** Seconds from the start until the last meter was registered for the first time; null while some are not. */
  readonly registerSeconds: number | null
  /** Confirmable reports that left, and those acknowledged. */
  readonly reports: number
  readonly acknowledged: number
  readonly share: number
  /** From sending a report to its acknowledgement, milliseconds. */
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** Contacts and reports that were refused or not answered. */
  readonly errors: number
}

/** Latencies kept; the oldest make room. */
const mostLatencies = 200_000

/** Counts what a fleet does. */
export class Tally {
  readonly #registered = new Set<string>()
  readonly #latencies: number[] = []
  #next = 0
  #lastRegisteredAt: number | undefined
  contacts = 0
  reports = 0
  acknowledged = 0
  errors = 0

  constructor(
    private readonly meters: number,
    private readonly startedAt: number,
  ) {}

  get everyMeterRegistered(): boolean {
    return this.#registered.size >= this.meters
  }

  registered(meter: string, now: number): void {
    if (this.#registered.has(meter)) return
    this.#registered.add(meter)
    this.#lastRegisteredAt = now
  }

  delivered(milliseconds: number): void {
    this.acknowledged++
    this.#latencies[this.#next] = milliseconds
    this.#next = (this.#next + 1) % mostLatencies
  }

  figures(): Figures {
    const sorted = Float64Array.from(this.#latencies).sort()
    const quantile = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
    const seconds = ((this.#lastRegisteredAt ?? this.startedAt) - this.startedAt) / 1_000
    return {
      meters: this.meters,
      registered: this.#registered.size,
      registerSeconds: this.everyMeterRegistered ? seconds : null,
      reports: this.reports,
      acknowledged: this.acknowledged,
      share: this.reports === 0 ? 0 : Math.floor((this.acknowledged / this.reports) * 1e6) / 1e6,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      p99Ms: quantile(0.99),
      errors: this.errors,
    }
  }
}

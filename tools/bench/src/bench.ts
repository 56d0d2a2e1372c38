/** What one bench found, candidate and reference in the same unit, each the median of its rounds. */
export interface Figures {
  readonly candidate: number
  readonly reference: number
  /** What else is worth knowing: shares answered, parts, sizes. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** One bench: a candidate, which is ours, against a named reference, in one run. */
export interface Bench {
  readonly name: string
  /** In one sentence. */
  readonly measures: string
  /** Of `candidate` and `reference`. */
  readonly unit: string
  /** How `ratio` is made. */
  readonly ratio: 'reference / candidate' | 'candidate / reference'
  /** What floor and aim hold for; a candidate is judged alone where the budget is in bytes. */
  readonly judged: 'ratio' | 'candidate'
  readonly better: 'higher' | 'lower'
  /** Not below (or above, where lower is better) this in a release. */
  readonly floor: number
  readonly aim: number
  /** Runs both sides in turn, so many times. Throws where an answer or a value was wrong. */
  run(rounds: number): Promise<Figures>
}

/** The figure that floor and aim hold for. */
export function judgedFigure(bench: Bench, figures: Figures): number {
  return bench.judged === 'candidate' ? figures.candidate : ratioOf(bench, figures)
}

export function ratioOf(bench: Bench, { candidate, reference }: Figures): number {
  return bench.ratio === 'reference / candidate' ? reference / candidate : candidate / reference
}

/** Whether a figure is as good as a limit. */
export function reaches(bench: Bench, figure: number, limit: number): boolean {
  return bench.better === 'higher' ? figure >= limit : figure <= limit
}

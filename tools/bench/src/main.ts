#!/usr/bin/env node
import process from 'node:process'
import { judgedFigure, ratioOf, reaches } from './bench.js'
import type { Bench } from './bench.js'
import { benches } from './benches.js'
import { conditions } from './conditions.js'
import { readOptions, usage } from './options.js'
import type { Options } from './options.js'

function list(): string {
  return benches
    .map((bench) => {
      const sign = bench.better === 'higher' ? '≥' : '≤'
      const judged = bench.judged === 'ratio' ? `${bench.ratio}` : bench.unit
      return `${bench.name.padEnd(18)} ${judged} ${sign} ${bench.floor}, aim ${bench.aim}\n${' '.repeat(19)}${bench.measures}\n`
    })
    .join('')
}

/** Three significant digits: what the spread of a shared machine leaves. */
function rounded(figure: number): number {
  return Number(figure.toPrecision(3))
}

async function measure(bench: Bench, rounds: number): Promise<boolean> {
  const figures = await bench.run(rounds)
  const judged = judgedFigure(bench, figures)
  const floorReached = reaches(bench, judged, bench.floor)
  process.stdout.write(
    `${JSON.stringify({
      name: bench.name,
      ratio: rounded(ratioOf(bench, figures)),
      candidate: rounded(figures.candidate),
      reference: rounded(figures.reference),
      unit: bench.unit,
      rounds,
      floor: bench.floor,
      aim: bench.aim,
      floorReached,
      aimReached: reaches(bench, judged, bench.aim),
      ...figures.details,
      conditions: conditions(),
    })}\n`,
  )
  return floorReached
}

async function main({ benches: chosen, rounds, assert }: Options): Promise<void> {
  if (chosen.length === 0) process.stdout.write(list())
  for (const bench of chosen) {
    if (!(await measure(bench, rounds)) && assert) {
      process.stderr.write(`bench: ${bench.name} does not reach its floor of ${bench.floor}\n`)
      process.exitCode = 1
    }
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) process.stdout.write(`${usage}\n`)
  else await main(options)
} catch (error) {
  const wrongUse = error instanceof RangeError || error instanceof TypeError
  process.stderr.write(`bench: ${wrongUse ? `${error.message}\n\n${usage}` : String(error)}\n`)
  process.exitCode = 2
}

'use client'

import 'uplot/dist/uPlot.min.css'
import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import type uPlot from 'uplot'
import { lonePoints, type Series } from './gaps'
import classes from './device.module.css'

interface Props {
  series: Series
  /** What the line shows, with its unit. */
  label: string
  /** The chart in words. */
  summary: string
  from: number
  to: number
}

const height = 300

function optionsOf(
  width: number,
  { series, label, from, to }: Props,
  style: CSSStyleDeclaration,
): uPlot.Options {
  const color = (name: string) => style.getPropertyValue(name).trim()
  const axis: uPlot.Axis = {
    stroke: color('--mantine-color-dimmed'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 },
  }
  const lone = lonePoints(series)
  return {
    width,
    height,
    scales: { x: { time: true, range: [from / 1_000, to / 1_000] } },
    axes: [
      {
        ...axis,
        values: [
          [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
          [60, '{HH}:{mm}', '\n{D} {MMM}', null, null, null, null, null, 1],
        ],
      },
      { ...axis, size: 70 },
    ],
    cursor: { drag: { x: true, y: false } },
    legend: { live: true },
    series: [
      { label: 'Time', value: '{D} {MMM} {HH}:{mm}:{ss}' },
      {
        label,
        stroke: color('--tone-pending'),
        width: 1.5,
        spanGaps: false,
        points: { size: 4, filter: (_chart, _series, all) => (all ? null : lone) },
      },
    ],
  }
}

/** A line over time, without animation. A break in the line is silence. */
export function Chart(props: Props) {
  const { series, summary, label, from, to } = props
  const host = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme()
  const given = useRef(props)
  given.current = props
  useEffect(() => {
    const element = host.current
    if (element === null) return
    let chart: uPlot | undefined
    let gone = false
    const observer = new ResizeObserver(() => chart?.setSize({ width: element.clientWidth, height }))
    const draw = async () => {
      const { default: UPlot } = await import('uplot')
      if (gone) return
      const options = optionsOf(element.clientWidth, given.current, getComputedStyle(element))
      chart = new UPlot(options, [series.times, series.values], element)
      observer.observe(element)
    }
    void draw()
    return () => {
      gone = true
      observer.disconnect()
      chart?.destroy()
    }
  }, [series, scheme, label, from, to])
  return <div ref={host} className={classes.chart} role="img" aria-label={summary} />
}

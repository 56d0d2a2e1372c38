import { fillColor } from '@/theme'
import classes from './charts.module.css'
import type { Part } from './stacked-bar'

interface Props {
  parts: Part[]
  /** Percent confirmed that lets the next wave begin. */
  successAt: number
  label: string
}

const width = 1000
const bar = 18
const height = 28

/** A wave as a strip: who is confirmed, who is not, who waits; the mark shows how far the confirmed part must reach. */
export function WaveStrip({ parts, successAt, label }: Props) {
  const total = parts.reduce((sum, part) => sum + part.count, 0)
  const shown = parts.filter((part) => part.count > 0)
  const text = `${label}: ${shown.map((part) => `${part.count} ${part.label}`).join(', ') || 'nobody yet'}; passes at ${successAt} % confirmed`
  const mark = (successAt / 100) * width
  let x = 0
  return (
    <svg
      className={classes.strip}
      width="100%"
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={text}
    >
      <rect
        y={5}
        width={width}
        height={bar}
        fill="var(--surface-sunken)"
        stroke="var(--line)"
        vectorEffect="non-scaling-stroke"
      />
      {shown.map((part) => {
        const length = Math.max((part.count / total) * width, 6)
        const start = Math.min(x, width - length)
        x += length
        return (
          <rect key={part.label} x={start} y={5} width={length} height={bar} fill={fillColor(part.tone)}>
            <title>{`${part.label}: ${part.count}`}</title>
          </rect>
        )
      })}
      <line
        x1={mark}
        x2={mark}
        y1={0}
        y2={height}
        stroke="var(--mantine-color-text)"
        strokeWidth={2}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}

/** A share against the limit that stops: the mark stands in the middle third, so that what comes before it can be seen coming. */
export function LimitBar({ percent, limit, label }: { percent: number; limit: number; label: string }) {
  const scale = Math.max(limit * 2, percent * 1.1)
  const mark = (limit / scale) * width
  const over = percent >= limit
  return (
    <svg
      className={classes.strip}
      width="100%"
      height={14}
      viewBox={`0 0 ${width} 14`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <rect
        y={4}
        width={width}
        height={6}
        fill="var(--surface-sunken)"
        stroke="var(--line)"
        vectorEffect="non-scaling-stroke"
      />
      <rect
        y={4}
        width={(percent / scale) * width}
        height={6}
        fill={fillColor(over ? 'failing' : 'attention')}
      />
      <line
        x1={mark}
        x2={mark}
        y1={0}
        y2={14}
        stroke="var(--tone-failing)"
        strokeWidth={2}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}

import { fillColor, type Tone } from '@/theme'
import classes from './charts.module.css'

export interface Part {
  label: string
  count: number
  tone: Tone
}

/** Shares of a whole as one bar. The numbers stand in its name; a legend with words belongs beside it. */
export function StackedBar({ parts, label, height = 14 }: { parts: Part[]; label: string; height?: number }) {
  const total = parts.reduce((sum, part) => sum + part.count, 0)
  const shown = parts.filter((part) => part.count > 0)
  const text = `${label}: ${shown.map((part) => `${part.count} ${part.label}`).join(', ') || 'none'}`
  let x = 0
  return (
    <svg
      className={classes.bar}
      width="100%"
      height={height}
      viewBox={`0 0 1000 ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={text}
    >
      <rect width={1000} height={height} fill="var(--surface-sunken)" />
      {shown.map((part) => {
        // A single failing meter among 100 000 must still be seen: at least 4 of 1000.
        const width = Math.max((part.count / total) * 1000, 4)
        const start = Math.min(x, 1000 - width)
        x += width
        return (
          <rect key={part.label} x={start} width={width} height={height} fill={fillColor(part.tone)}>
            <title>{`${part.label}: ${part.count}`}</title>
          </rect>
        )
      })}
    </svg>
  )
}

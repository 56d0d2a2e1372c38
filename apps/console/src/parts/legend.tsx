import Link from 'next/link'
import { fillColor } from '@/theme'
import classes from './charts.module.css'
import type { Part } from './stacked-bar'

/** The parts of a bar in words, each with its number; one with an address leads there. */
export function Legend({ parts }: { parts: (Part & { address?: string })[] }) {
  return (
    <ul className={classes.legend}>
      {parts.map(({ label, count, tone, address }) => {
        const text = `${count.toLocaleString('en-GB')} ${label}`
        return (
          <li key={label}>
            <span className={classes.swatch} style={{ background: fillColor(tone) }} aria-hidden />
            {address === undefined ? text : <Link href={address}>{text}</Link>}
          </li>
        )
      })}
    </ul>
  )
}

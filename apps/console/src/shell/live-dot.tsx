'use client'

import { durationInWords } from '@fieldline/contracts'
import { Tooltip } from '@mantine/core'
import { useLive } from '@/data/live'
import { useNow } from '@/data/use-now'
import { clockInWords } from '@/times'
import { toneColor } from '@/theme'
import classes from './shell.module.css'

/** Whether changes arrive by themselves; when they do not, how old what is shown may be. */
export function LiveDot() {
  const { state, lostAt } = useLive()
  const now = useNow()
  const lost = state === 'lost'
  const word = state === 'open' ? 'Live' : lost ? 'Not live' : 'Connecting'
  const age =
    lostAt === undefined
      ? undefined
      : `as of ${clockInWords(lostAt, now)}, ${durationInWords(Math.max(0, now - lostAt))} old`
  const explained = {
    open: 'Changes appear by themselves',
    connecting: 'Opening the stream of changes',
    lost: 'The stream of changes was interrupted. What is shown may be old; trying again',
  }[state]
  return (
    <Tooltip label={explained}>
      <span
        className={classes.live}
        role="status"
        aria-label={`Live updates: ${word}${age === undefined ? '' : `, ${age}`}`}
        style={{ color: toneColor(lost ? 'attention' : state === 'open' ? 'well' : 'none') }}
      >
        <span className={classes.dot} data-state={state} aria-hidden />
        <span>{word}</span>
        {age === undefined ? null : <span className={classes.age}>{age}</span>}
      </span>
    </Tooltip>
  )
}

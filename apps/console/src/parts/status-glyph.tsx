import { Tooltip } from '@mantine/core'
import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleFilled,
  IconCircleHalf2,
  IconCircleOff,
  IconCircleX,
  IconClockHour4,
  IconHelpCircleFilled,
  IconHourglass,
  IconMoonFilled,
  IconPlayerEject,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconSend2,
  IconSquareXFilled,
  IconVolumeOff,
  type Icon,
} from '@tabler/icons-react'
import type { Appearance } from '@/words'
import { toneColor } from '@/theme'
import classes from './status-glyph.module.css'

/** One glyph per state, of whatever kind: the same state looks the same everywhere. */
const glyphs: Readonly<Record<string, Icon>> = {
  provisioned: IconCircleDashed,
  bootstrapping: IconCircleHalf2,
  registered: IconCircleFilled,
  expired: IconCircleOff,
  deregistered: IconPlayerEject,
  awake: IconCircleFilled,
  sleeping: IconMoonFilled,
  late: IconAlertTriangleFilled,
  silent: IconVolumeOff,
  ok: IconCircleCheckFilled,
  attention: IconAlertTriangleFilled,
  failing: IconSquareXFilled,
  queued: IconHourglass,
  waiting_wake: IconMoonFilled,
  eligible: IconCircleDashed,
  offered: IconSend2,
  applying: IconSend2,
  verifying: IconCircleHalf2,
  sent: IconSend2,
  succeeded: IconCircleCheckFilled,
  verified: IconCircleCheckFilled,
  failed: IconSquareXFilled,
  cancelled: IconCircleX,
  skipped: IconCircleX,
  excluded: IconCircleX,
  unknown: IconHelpCircleFilled,
  draft: IconCircleDashed,
  validating: IconCircleHalf2,
  running: IconPlayerPlayFilled,
  paused: IconPlayerPauseFilled,
  completing: IconClockHour4,
  finished: IconCircleCheckFilled,
  aborted: IconSquareXFilled,
  pending: IconCircleDashed,
  preflight: IconCircleHalf2,
  releasing: IconSend2,
  soaking: IconClockHour4,
  evaluating: IconCircleHalf2,
  passed: IconCircleCheckFilled,
  overridden: IconAlertTriangleFilled,
  degraded: IconAlertTriangleFilled,
  down: IconSquareXFilled,
}

/** The glyph of a state. */
export function glyphOf(state: string): Icon {
  return glyphs[state] ?? IconCircleDashed
}

/** A state as glyph and word: never by colour alone. */
export function Status({ state, word, tone, meaning }: Appearance & { state: string }) {
  const Glyph = glyphOf(state)
  const status = (
    <span className={classes.status} style={{ color: toneColor(tone) }}>
      <Glyph size={14} aria-hidden />
      <span>{word}</span>
    </span>
  )
  return meaning === undefined ? status : <Tooltip label={meaning}>{status}</Tooltip>
}

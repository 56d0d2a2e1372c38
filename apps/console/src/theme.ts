import {
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
} from '@mantine/core'

/** The one accent: what can be pressed or is chosen. */
const petrol: MantineColorsTuple = [
  '#e8f4f7',
  '#d3e8ee',
  '#a5d0dc',
  '#73b5c8',
  '#4c9fb7',
  '#2f88a1',
  '#1c7790',
  '#0f667f',
  '#07566c',
  '#004558',
]

const gray: MantineColorsTuple = [
  '#f7f8f9',
  '#eff1f3',
  '#e4e7eb',
  '#d6dae0',
  '#c0c6ce',
  '#9aa2ad',
  '#6f7883',
  '#4c555f',
  '#333b44',
  '#1c2229',
]

const dark: MantineColorsTuple = [
  '#dfe3e8',
  '#b6bdc6',
  '#96a0ab',
  '#66707b',
  '#414a54',
  '#2f363f',
  '#252b33',
  '#1a1f25',
  '#14181d',
  '#0e1115',
]

/** Warning and danger: shade 7 is text on white, shade 2 text on dark, both at least 4.5:1. */
const orange: MantineColorsTuple = [
  '#fff4e0',
  '#fbdfae',
  '#eeb04a',
  '#dd9022',
  '#c27a12',
  '#a96706',
  '#985b00',
  '#8a5200',
  '#6d4100',
  '#513000',
]

const red: MantineColorsTuple = [
  '#ffecea',
  '#ffc9c4',
  '#ff8e81',
  '#ee6b5e',
  '#dc574b',
  '#cd4036',
  '#c2362c',
  '#b3261e',
  '#931d16',
  '#741510',
]

const systemFont =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif'
const systemMono =
  'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace'

/** A quiet instrument panel: small text, a 4 px grid, borders before shadows. */
export const theme: MantineThemeOverride = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol, gray, dark, orange, red },
  fontFamily: systemFont,
  fontFamilyMonospace: systemMono,
  headings: {
    fontFamily: systemFont,
    fontWeight: '600',
    sizes: { h1: { fontSize: '20px', lineHeight: '28px' }, h2: { fontSize: '15px', lineHeight: '20px' } },
  },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '18px' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.45' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  defaultRadius: '4px',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false } },
    // The title's <header> would count as a second banner of the page.
    Modal: {
      defaultProps: {
        centered: true,
        transitionProps: { duration: 120 },
        attributes: { header: { role: 'presentation' } },
      },
    },
    Table: { defaultProps: { horizontalSpacing: 'md' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, multiline: true, maw: 360 } },
    Paper: { defaultProps: { withBorder: true, radius: '4px' } },
  },
})

/**
 * Colours with a meaning. `tone` colours text and glyphs (at least 4.5:1 on the page), `fill` colours bars. The four hues stay apart for
 * people who do not see red and green; a glyph and a word always stand beside them.
 */
const meaning = {
  light: {
    '--tone-well': '#0b6a57',
    '--tone-rest': '#50607a',
    '--tone-attention': '#8a5200',
    '--tone-failing': '#b3261e',
    '--tone-pending': '#0f667f',
    '--tone-none': '#5b646e',
    '--fill-well': '#2c9c82',
    '--fill-rest': '#8ea2bd',
    '--fill-attention': '#dd9022',
    '--fill-failing': '#cd4036',
    '--fill-pending': '#4c9fb7',
    '--fill-none': '#ccd2d9',
    '--line': '#dfe3e8',
    '--surface': '#ffffff',
    '--surface-sunken': '#f5f6f8',
    '--mantine-color-dimmed': '#5b646e',
    '--mantine-color-placeholder': '#6b747e',
    '--mantine-color-error': '#b3261e',
  },
  dark: {
    '--tone-well': '#53c7aa',
    '--tone-rest': '#a3b4cb',
    '--tone-attention': '#eeb04a',
    '--tone-failing': '#ff8e81',
    '--tone-pending': '#73b5c8',
    '--tone-none': '#9ba5b0',
    '--fill-well': '#37a186',
    '--fill-rest': '#66799a',
    '--fill-attention': '#cf8f2e',
    '--fill-failing': '#dc574b',
    '--fill-pending': '#3d8ba2',
    '--fill-none': '#414a54',
    '--line': '#2f363f',
    '--surface': '#1f252c',
    '--surface-sunken': '#14181d',
    '--mantine-color-dimmed': '#9ba5b0',
    '--mantine-color-placeholder': '#8b95a0',
    '--mantine-color-error': '#ff8e81',
  },
} as const

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: meaning.light,
  dark: meaning.dark,
})

export type Tone = 'well' | 'rest' | 'attention' | 'failing' | 'pending' | 'none'

export const toneColor = (tone: Tone): string => `var(--tone-${tone})`
export const fillColor = (tone: Tone): string => `var(--fill-${tone})`

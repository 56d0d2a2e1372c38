/** The mark: a meter's dial on a line. */
export function BrandMark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden>
      <rect width="24" height="24" rx="5" fill="var(--mantine-primary-color-filled)" />
      <path d="M6 15a6 6 0 0 1 12 0" fill="none" stroke="#fff" strokeWidth="2" strokeLinecap="round" />
      <path d="M12 15l3.2-3.6" stroke="#fff" strokeWidth="2" strokeLinecap="round" />
      <path d="M4 18.5h16" stroke="#fff" strokeWidth="1.6" strokeLinecap="round" opacity="0.75" />
    </svg>
  )
}

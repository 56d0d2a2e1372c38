'use client'

import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Group,
  Kbd,
  Menu,
  NavLink,
  Text,
  Tooltip,
  UnstyledButton,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { spotlight } from '@mantine/spotlight'
import { IconKeyboard, IconLogout, IconSearch, IconUser } from '@tabler/icons-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { errorInWords } from '@/data/client'
import { LiveProvider } from '@/data/live'
import { BrandMark } from './brand'
import { LiveDot } from './live-dot'
import { SchemeMenu } from './scheme-menu'
import { isWithin, screens } from './screens'
import { signOut } from './session'
import classes from './shell.module.css'
import { useShortcuts, useSingleKeys } from './use-shortcuts'

// Needed by nobody before the first key press: fetched after the page stands.
const Palette = dynamic(() => import('./palette').then((module) => module.Palette), { ssr: false })
const ShortcutSheet = dynamic(() => import('./shortcut-sheet').then((module) => module.ShortcutSheet), {
  ssr: false,
})

async function leave(): Promise<void> {
  try {
    await signOut()
    window.location.assign('/sign-in')
  } catch (error) {
    notifications.show({ color: 'red', title: 'Still signed in', message: errorInWords(error) })
  }
}

function Rail({ close }: { close: () => void }) {
  const pathname = usePathname()
  return (
    <nav aria-label="Screens">
      <Text size="xs" c="dimmed" fw={600} px={10} pb={4}>
        Operate
      </Text>
      {screens.map((screen) => (
        <NavLink
          key={screen.address}
          component={Link}
          href={screen.address}
          className={classes.link}
          label={screen.label}
          leftSection={<screen.icon size={18} stroke={1.6} aria-hidden />}
          rightSection={
            <span aria-hidden>
              <Kbd size="xs">g</Kbd> <Kbd size="xs">{screen.key}</Kbd>
            </span>
          }
          active={isWithin(screen, pathname)}
          aria-current={isWithin(screen, pathname) ? 'page' : undefined}
          onClick={close}
        />
      ))}
    </nav>
  )
}

/** The frame around every screen: rail, header, palette, shortcuts, and the one stream of live changes. */
export function ConsoleShell({ user, children }: { user: string; children: ReactNode }) {
  const [railOpen, rail] = useDisclosure(false)
  const [sheetOpen, sheet] = useDisclosure(false)
  const [singleKeys, setSingleKeys] = useSingleKeys()
  useShortcuts(singleKeys, sheet.open)
  return (
    <LiveProvider>
      <a href="#main" className={classes.skip}>
        Skip to the content
      </a>
      <AppShell
        header={{ height: 48 }}
        navbar={{ width: 196, breakpoint: 'sm', collapsed: { mobile: !railOpen } }}
        padding="md"
        transitionDuration={120}
      >
        <AppShell.Header px="md" bg="var(--surface)">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger
                opened={railOpen}
                onClick={rail.toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label="Screens"
              />
              <Link href="/" className={classes.brand}>
                <BrandMark />
                Fieldline
              </Link>
            </Group>
            <Group gap="sm" wrap="nowrap">
              <LiveDot />
              <UnstyledButton
                className={classes.search}
                onClick={() => spotlight.open()}
                aria-label="Find a device or a screen"
              >
                <IconSearch size={15} aria-hidden />
                <span>Find a device or a screen</span>
                <Kbd size="xs">⌘K</Kbd>
              </UnstyledButton>
              <Tooltip label="Keyboard shortcuts (?)">
                <ActionIcon variant="default" size={30} aria-label="Keyboard shortcuts" onClick={sheet.open}>
                  <IconKeyboard size={17} aria-hidden />
                </ActionIcon>
              </Tooltip>
              <SchemeMenu />
              <Menu position="bottom-end" width={220}>
                <Menu.Target>
                  <ActionIcon variant="default" size={30} aria-label="Account">
                    <IconUser size={17} aria-hidden />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Label>{user}</Menu.Label>
                  <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void leave()}>
                    Sign out
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" pt="md" bg="var(--surface)" component="div">
          <Rail close={rail.close} />
        </AppShell.Navbar>
        <AppShell.Main id="main" tabIndex={-1} bg="var(--surface-sunken)" style={{ outline: 'none' }}>
          <Box maw={1600}>{children}</Box>
        </AppShell.Main>
      </AppShell>
      <Palette />
      <ShortcutSheet
        opened={sheetOpen}
        close={sheet.close}
        singleKeys={singleKeys}
        setSingleKeys={setSingleKeys}
      />
    </LiveProvider>
  )
}

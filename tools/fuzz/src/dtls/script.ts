/** Kinds of steps of `pair-world`; numbers beyond them are taken modulo their number, so that any bytes are a script. */
export const PairStep = {
  /** A client begins. */
  Connect: 0,
  /** What is under way arrives, some of it. */
  Deliver: 1,
  /** The next datagram is changed by a recipe, then arrives. */
  Tamper: 2,
  Drop: 3,
  /** Something from before arrives once more, perhaps elsewhere. */
  Replay: 4,
  Wait: 5,
  Say: 6,
  End: 7,
  /** A snapshot is written, stored, confirmed, or the server is killed. */
  Save: 8,
  /** A client has another address. */
  Move: 9,
  /** A question that was put off is answered. */
  Answer: 10,
  /** A message of a stranger. */
  Forge: 11,
  Swap: 12,
} as const

/** Kinds of steps of `insider-world`. */
export const InsiderStep = {
  Hello: 0,
  HelloVerify: 1,
  Hint: 2,
  Done: 3,
  KeyExchange: 4,
  Change: 5,
  Finished: 6,
  /** Content of a type, authentic. */
  Seal: 7,
  Wait: 8,
  Say: 9,
  /** The other end is closed. */
  End: 10,
} as const

/** Ports of the listeners that are attacked. */
export interface Ports {
  readonly plain: number
  readonly secure: number
}

/** What is under way after a flood was let loose. */
export interface Attack {
  /** Connections that the gateway has ended so far. */
  refused(): number
  stop(): void
}

export interface Flood {
  readonly name: string
  /** Lets it loose; resolves when all is sent, or everything is open. `size` is the number of frames or connections. */
  run(ports: Ports, size: number): Promise<Attack>
}

// One WebSocket to the daemon, for as long as the page is open. It comes back by itself, later and later.
const FIRST_MS = 400;
const LONGEST_MS = 15_000;

export class Stream {
  #socket = null;
  #campaign = null;
  #tries = 0;
  #timer = 0;

  /** `onMessage(message)`, `onState("connecting" | "live" | "lost")`, `after()`: the newest version that the page has. */
  constructor({ onMessage, onState, after }) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.after = after;
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
  }

  open() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const address = new URL("/api/v1/stream", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    if (this.#campaign !== null) {
      address.searchParams.set("campaign", this.#campaign);
      address.searchParams.set("after", this.after());
    }
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener("open", () => { this.#tries = 0; this.onState("live"); });
    socket.addEventListener("message", (event) => this.onMessage(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#lost());
  }

  /** Watch a campaign too, or none. */
  follow(campaign) {
    this.#campaign = campaign;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ campaign }));
    else if (this.#socket?.readyState === WebSocket.CONNECTING) {
      const socket = this.#socket;
      socket.addEventListener("open", () => socket.send(JSON.stringify({ campaign: this.#campaign })), { once: true });
    }
  }

  /** Try again at once. */
  now() {
    if (this.#timer) this.open();
  }

  #lost() {
    this.onState("lost");
    const wait = Math.min(FIRST_MS * 2 ** this.#tries++, LONGEST_MS) * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => this.open(), wait);
  }
}

/** A message of either direction, before it is known to be one of the contract. */
export type Wire = Record<string, unknown> & { t?: string };

/** What carries messages: the widget's model in a notebook, the kernel's websocket in the web app. */
export interface Transport {
  send(message: Wire, buffers?: readonly ArrayBufferView[]): void;
  /** Calls back for every message of this widget; the answer stops it. */
  onMessage(
    callback: (message: Wire, buffers: readonly (ArrayBuffer | ArrayBufferView)[]) => void,
  ): () => void;
  /** Says when the line breaks and when it is back; absent where the host does not know. */
  onStatus?(callback: (status: "up" | "down") => void): () => void;
}

/** The page that travels with the widget, so that it is drawn before anybody answers. */
export interface Boot {
  readonly v?: number;
  readonly shell?: boolean;
  readonly inst?: string;
  readonly page?: string;
  readonly title?: string;
  readonly params?: Record<string, unknown>;
  readonly tree?: unknown;
  readonly state?: Record<string, unknown>;
  readonly rev?: number;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly object?: string;
  readonly details?: string;
  readonly fields?: Record<string, string>;
  readonly retryable?: boolean;
  readonly trace?: string;
}

/** An answer that says no. */
export class CallError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** The bytes of a buffer at an aligned start: Arrow cannot be read from an odd offset. */
export function aligned(buffer: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  const view = ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
  return new Uint8Array(view);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

// Jupyter's kernel protocol on a websocket, framing v1: offsets, then channel, header, parent, metadata, content, buffers.

export const SUBPROTOCOL = "v1.kernel.websocket.jupyter.org";

export interface KernelMessage {
  readonly channel: string;
  readonly header: { readonly msg_type: string; readonly msg_id?: string };
  readonly content: Record<string, unknown>;
  readonly buffers: readonly Uint8Array<ArrayBuffer>[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a message to the kernel. */
export function encode(
  channel: string,
  msgType: string,
  content: Record<string, unknown>,
  session: string,
  buffers: readonly ArrayBufferView[] = [],
): ArrayBuffer {
  const header = {
    msg_id: crypto.randomUUID(),
    msg_type: msgType,
    session,
    username: "",
    date: new Date().toISOString(),
    version: "5.4",
  };
  const texts = [channel, ...[header, {}, {}, content].map((part) => JSON.stringify(part))];
  const parts = [
    ...texts.map((text) => encoder.encode(text)),
    ...buffers.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)),
  ];
  const count = parts.length + 1;
  let at = 8 * (count + 1);
  const size = parts.reduce((sum, part) => sum + part.length, at);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(count), true);
  parts.forEach((part, index) => {
    view.setBigUint64(8 * (index + 1), BigInt(at), true);
    bytes.set(part, at);
    at += part.length;
  });
  view.setBigUint64(8 * count, BigInt(size), true);
  return bytes.buffer;
}

/** A message from the kernel; buffers are copies, so that each starts at an aligned offset. */
export function decode(data: ArrayBuffer): KernelMessage {
  const view = new DataView(data);
  const count = Number(view.getBigUint64(0, true));
  const offset = (index: number) => Number(view.getBigUint64(8 * (index + 1), true));
  const part = (index: number) => new Uint8Array(data, offset(index), offset(index + 1) - offset(index));
  const json = (index: number) => JSON.parse(decoder.decode(part(index)));
  const buffers: Uint8Array<ArrayBuffer>[] = [];
  for (let index = 5; index < count - 1; index++) buffers.push(part(index).slice());
  return { channel: decoder.decode(part(0)), header: json(1), content: json(4), buffers };
}

// Files to and from the model, a piece at a time, so that no message is too long for any server between.

const PIECE = 1 << 20;

/**
 * Sends a file: `begin` with name and size, `piece` with bytes, in order; each is asked for by the name given in `asks`.
 * `progress(share)` hears from 0 to 1. Gives the answer to the last piece, or null when one was refused, or once
 * `signal` is aborted.
 */
async function sendFile(view, file, asks, progress = () => {}, signal = null) {
  const begun = await view.ask(asks.begin, { name: file.name, size: file.size });
  if (!begun) return null;
  let answer = begun;
  for (let at = 0; at < file.size; at += PIECE) {
    if (signal?.aborted) return null;
    const bytes = await file.slice(at, at + PIECE).arrayBuffer();
    answer = await view.ask(asks.piece, { at }, { buffers: [bytes] });
    if (!answer) return null;
    progress(Math.min(1, (at + PIECE) / file.size));
  }
  return answer;
}

/** Fetches a file from the model a piece at a time (`ask` answers `{ name, size }` with bytes from `at`) and saves it. */
async function saveFile(view, ask, data = {}, progress = () => {}) {
  const parts = [];
  let at = 0;
  for (;;) {
    const answer = await view.ask(ask, { ...data, at });
    if (!answer) return false;
    parts.push(...answer.bytes);
    at += answer.bytes.reduce((sum, each) => sum + each.byteLength, 0);
    progress(answer.size ? at / answer.size : 1);
    if (at >= answer.size || !answer.bytes.length) {
      const address = URL.createObjectURL(new Blob(parts, { type: answer.type ?? "application/octet-stream" }));
      const link = h("a", { href: address, download: answer.name });
      view.root.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      return true;
    }
  }
}

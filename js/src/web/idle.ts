const LATEST_MS = 1500;

/** Do what nobody waits for once the page is drawn, so that it does not stand in the way. */
export function whenIdle(work: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: LATEST_MS });
  else setTimeout(work, LATEST_MS / 3);
}

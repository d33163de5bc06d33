// What the browser keeps for the page: nothing where it may not, or has no room.

/** Runs something with a store. Where site data is blocked, its very name throws. */
export function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}

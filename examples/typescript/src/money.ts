// Amounts are strings with two decimals, "38.50". Calculate with whole minor units,
// so that no cent is lost.

/** "38.50" as 3850n. */
export function toMinor(amount: string): bigint {
  if (!/^-?\d+\.\d\d$/.test(amount)) throw new Error(`"${amount}" is not an amount with two decimals`);
  return BigInt(amount.replace('.', ''));
}

/** 3850n as "38.50". */
export function toMajor(minor: bigint): string {
  const sign = minor < 0n ? '-' : '';
  const digits = `${minor < 0n ? -minor : minor}`.padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

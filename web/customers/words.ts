// Amounts, times and the names of the API, as people read them.

const STAGES: Record<string, string> = {
  OTP_REQUESTED: "E-mail not verified",
  OTP_VERIFIED: "E-mail verified",
  KYC_INITIATED: "Identity check started",
  KYC_COMPLETED: "Identity check done",
  SAFE_DEPLOYING: "Wallet being set up",
  CARD_CREATED: "Card created",
  ACTIVE: "Active",
};

/** The onboarding stages, from sign-up to spending. */
export const ALL_STAGES = Object.keys(STAGES);

export const stageName = (stage: string) => STAGES[stage] ?? named(stage);

export const ALL_STATUSES =
  ["AUTHORIZED", "SETTLED", "DECLINED", "REVERSED", "PARTIALLY_REVERSED", "FAILED", "EXPIRED"];

/** "PARTIALLY_REVERSED" is "Partially reversed". */
export function named(constant: string) {
  const words = constant.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An exact amount with its currency: the text of the API is never made a float. */
export function money(amount: string, currency: string | null) {
  if (!currency) return amount;
  try {
    const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
    return format.format(amount as unknown as number);
  } catch {
    return `${amount} ${currency}`;
  }
}

const MINUTES = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const SECONDS = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const DAYS = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

export const day = (time: string) => DAYS.format(new Date(time));
export const minute = (time: string) => MINUTES.format(new Date(time));
export const second = (time: string) => SECONDS.format(new Date(time));

export const number = (count: number) => new Intl.NumberFormat().format(count);

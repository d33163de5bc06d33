// What can go wrong, in words for people who do not know the API.

export interface GraphQLError {
  message: string;
  extensions?: { code?: string; requestId?: string; retryAfter?: number };
}

export interface Trouble {
  kind: "token" | "scope" | "rate" | "gone" | "missed" | "away" | "other";
  text: string;
  /** After how many seconds to try again. */
  retryAfter?: number;
}

export const NO_ANSWER: Trouble = {
  kind: "away",
  text: "The gateway does not answer. What you see may be out of date.",
};

export const TOKEN_REFUSED: Trouble = {
  kind: "token",
  text: "The token is unknown, revoked or expired. Ask the operator of the gateway for another one.",
};

/** The reason of an answer without data. */
export function troubleOf(errors: GraphQLError[], response?: Response): Trouble {
  const { message, extensions } = errors[0] ?? { message: `HTTP ${response?.status}` };
  const id = extensions?.requestId;
  const failed = (text: string): Trouble => ({
    kind: "away",
    text: id ? `${text} (request ${id})` : text,
  });
  switch (extensions?.code) {
    case "UNAUTHENTICATED":
      return TOKEN_REFUSED;
    case "FORBIDDEN":
      return { kind: "scope", text: `This token may not read this. ${message}.` };
    case "RATE_LIMITED": {
      const retryAfter = secondsOf(extensions.retryAfter ?? response?.headers.get("retry-after"));
      const text = "Too many requests were sent with this token.";
      return { kind: "rate", text: `${text} Trying again in ${retryAfter} s.`, retryAfter };
    }
    case "NOT_FOUND":
      return { kind: "gone", text: "There is no such customer any more." };
    case "CHANGES_MISSED":
      return { kind: "missed", text: "Changes were missed." };
    case "TIMEOUT":
      return failed("The gateway took too long.");
    case "UPSTREAM_UNAVAILABLE":
    case "INTERNAL_SERVER_ERROR":
      return failed("The gateway has failed.");
    default:
      return { kind: "other", text: message };
  }
}

function secondsOf(value: unknown) {
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds >= 1 ? Math.ceil(seconds) : 1;
}

/** Whether a balance is missing because no source can report it now. */
export const isBalanceMissing = (errors: GraphQLError[]) =>
  errors.some(({ extensions }) => extensions?.code === "BALANCE_UNAVAILABLE");

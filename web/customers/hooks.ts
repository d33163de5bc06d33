// What components of the page watch: the token, an answer, a subscription.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { currentToken, onNewToken } from "../src/token.ts";
import { ask, type Answer, type Variables } from "./ask.ts";
import { watch, type Link } from "./live.ts";
import type { GraphQLError, Trouble } from "./trouble.ts";

/** The token of this tab. */
export function useToken() {
  const [token, setToken] = useState(currentToken);
  useEffect(() => onNewToken(() => setToken(currentToken())), []);
  return token;
}

interface Known<T> extends Answer<T> {
  /** What was asked for. */
  key: string;
}

/** The answer to a query. It is asked for again when anything of it changes. */
export function useAnswer<T>(query: string, variables: Variables, token: string) {
  const key = JSON.stringify([query, variables, token]);
  const [known, setKnown] = useState<Known<T>>();
  const [round, setRound] = useState(0);
  const [isLoading, setLoading] = useState(true);
  const reload = useCallback(() => setRound((round) => round + 1), []);

  useEffect(() => {
    const stopping = new AbortController();
    setLoading(true);
    ask<T>(query, variables, token, stopping.signal).then((answer) => {
      setLoading(false);
      // After a failure, what was shown before stays.
      setKnown((before) => ({ ...(before?.key === key ? before : {}), key, trouble: undefined, ...answer }));
    }, () => { /* stopped */ });
    return () => stopping.abort();
  }, [key, round]);

  const trouble = known?.key === key ? known.trouble : undefined;
  const retryAfter = trouble?.retryAfter;
  useEffect(() => {
    if (!retryAfter) return;
    const timer = setTimeout(reload, retryAfter * 1000);
    return () => clearTimeout(timer);
  }, [trouble]);

  /** Puts a newer state in the place of what was answered. */
  const replace = useCallback((newer: (data: T | undefined) => T | undefined, errors?: GraphQLError[]) => {
    setKnown((before) => {
      const data = newer(before?.data);
      if (data === undefined || data === before?.data) return before;
      return { key, data, errors: errors ?? before?.errors ?? [] };
    });
  }, [key]);

  return { data: known?.data, errors: known?.errors ?? [], trouble, isLoading, reload, replace };
}

interface Live<T> {
  next(data: T, errors: GraphQLError[]): void;
  /** Changes may have been missed. */
  missed(): void;
}

/** Keeps a subscription open as long as the component is there. */
export function useLive<T>(query: string, variables: Variables, token: string, live: Live<T>) {
  const [link, setLink] = useState<Link>("connecting");
  const [trouble, setTrouble] = useState<Trouble>();
  const [round, setRound] = useState(0);
  const current = useRef(live);
  current.current = live;

  useEffect(() => {
    setLink("connecting");
    setTrouble(undefined);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = watch<T>(query, variables, token, {
      next: (data, errors) => current.current.next(data, errors),
      link(link, again) {
        setLink(link);
        if (again) current.current.missed();
      },
      end(trouble) {
        setLink("lost");
        if (trouble.kind === "missed" || trouble.kind === "rate" || trouble.kind === "away") {
          timer = setTimeout(() => {
            current.current.missed();
            setRound((round) => round + 1);
          }, (trouble.retryAfter ?? 1) * 1000);
        } else {
          setTrouble(trouble);
        }
      },
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [JSON.stringify([query, variables, token]), round]);

  return { link, trouble };
}

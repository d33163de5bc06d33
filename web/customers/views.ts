// What every view does when it comes: it says how things stand, and takes the focus.

import { useEffect, useRef } from "preact/hooks";
import { report, reportRefusal } from "../src/status.ts";
import type { Link } from "./live.ts";
import type { Trouble } from "./trouble.ts";

const LINKS: Record<Link, string> = {
  connecting: "",
  live: "Live: changes show as they come",
  lost: "The live connection was lost; trying again…",
};

/** Says in the bar whether the view is live, or that the token is refused. */
export function useReport(token: string, trouble: Trouble | undefined, link: Link) {
  useEffect(() => {
    if (trouble?.kind === "token") reportRefusal("see below", token);
    else if (trouble) report("");
    else report(LINKS[link], link === "lost");
  }, [token, trouble, link]);
}

let isFirst = true;

/** Names the view, and moves the focus to its heading, as a new page would. Not on the first
 * one, and not out of the token's field. */
export function useHeading(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · card-gateway`;
    const isElsewhere = document.activeElement?.closest("header");
    if (!isFirst && !isElsewhere) {
      heading.current?.focus();
      scrollTo(0, 0);
    }
    isFirst = false;
  }, []);
  return heading;
}

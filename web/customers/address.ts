// What the page shows, as the address says it: "#customer=…" or "#status=…&page=2". The part
// after "#" never reaches a server. The token is not in it.

import { useEffect, useState } from "preact/hooks";

export interface Place {
  /** The `id` of the customer who is shown; otherwise the list is. */
  customer?: string;
  status?: string;
  orderBy?: string;
  page?: number;
}

function placeOf(hash: string): Place {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const page = Number(asked.get("page"));
  return {
    customer: asked.get("customer") || undefined,
    status: asked.get("status") || undefined,
    orderBy: asked.get("orderBy") || undefined,
    page: Number.isSafeInteger(page) && page > 1 ? page : undefined,
  };
}

/** A link to a place. */
export function linkTo(place: Place) {
  const parts = Object.entries(place).filter(([, value]) => value !== undefined);
  return `#${new URLSearchParams(parts.map(([name, value]) => [name, String(value)]))}`;
}

export function go(place: Place) {
  location.hash = linkTo(place);
}

/** Where the page is now. */
export function usePlace() {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const moved = () => setPlace(placeOf(location.hash));
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return place;
}

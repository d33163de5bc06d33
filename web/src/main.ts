// What is here at once: the bar. The editor is large and comes after it.

import "./page.css";
import "./bar.ts";
import { report } from "./status.ts";

const NOT_LOADED =
  "GraphiQL could not be loaded: the gateway did not send one of its files. Reload the page to try again.";

const stage = document.getElementById("graphiql")!;

// The theme that GraphiQL was left with, so that the bar does not change when it comes.
const theme = localStorage.getItem("card-gateway:graphiql:theme");
if (theme) document.body.classList.add(`graphiql-${theme}`);

// A file did not come: now, or one that GraphiQL needs later on.
addEventListener("vite:preloadError", () => {
  const waiting = stage.querySelector(".message");
  if (waiting) waiting.textContent = NOT_LOADED;
  else report(NOT_LOADED, true);
});

void import("./editor.tsx").then(({ start }) => start(stage));

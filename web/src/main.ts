// What is here at once: the bar. The editor is large and comes after it.

import "./page.css";
import "./bar.ts";
import { report } from "./status.ts";
import { attempt } from "./storage.ts";

const NOT_LOADED =
  "GraphiQL could not be loaded: the gateway did not send one of its files. Reload the page to try again.";

const stage = document.getElementById("graphiql")!;
const message = stage.querySelector(".message")!;
message.textContent = "Loading GraphiQL…";
message.classList.remove("late");

// The theme that GraphiQL was left with, so that the bar does not change when it comes.
const theme = attempt(() => localStorage.getItem("card-gateway:graphiql:theme"));
if (theme) document.body.classList.add(`graphiql-${theme}`);

// A file did not come: now, or one that GraphiQL needs later on.
addEventListener("vite:preloadError", () => {
  if (message.isConnected) message.textContent = NOT_LOADED;
  else report(NOT_LOADED, true);
});

void import("./editor.tsx").then(({ start }) => start(stage));

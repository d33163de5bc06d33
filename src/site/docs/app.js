// What the reference can do in a browser: samples for this host in three languages, copied with
// a click; routes that are searched; reads that are tried with a token. Without this script, the
// page is a page of text.

"use strict";

(() => {
  // GraphiQL keeps the token under the same name: as long as the tab is open, and nowhere else.
  const TOKEN_KEY = "card-gateway.token";
  const LANGUAGES = ["curl", "Python", "JavaScript"];

  // The page is at …/docs; the API next to it, maybe below a path of a proxy.
  const host = new URL(".", location.origin + location.pathname).href.replace(/\/$/, "");

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  const stored = (use) => { try { return use(sessionStorage); } catch { return null; } };

  // The words of a shell command: what is quoted is one word.
  function words(text) {
    const found = [];
    for (const [word] of text.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"])+/g)) {
      found.push(word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"/g, (_, plain, quoted) =>
        plain ?? quoted.replace(/\\(.)/g, "$1")));
    }
    return found;
  }

  // The request of a sample that is one call of curl.
  function requestOf(command) {
    if (command.trim().includes("\n")) return null;
    const [curl, ...rest] = words(command.trim());
    if (curl !== "curl") return null;
    const request = { method: "", url: "", headers: [], body: null };
    for (let at = 0; at < rest.length; at += 1) {
      const word = rest[at];
      if (word === "-X") request.method = rest[++at];
      else if (word === "-H") {
        const [, name, value] = /^([^:]+): *(.*)$/.exec(rest[++at]);
        request.headers.push([name, value]);
      } else if (word === "-d") request.body = JSON.parse(rest[++at]);
      else if (!word.startsWith("-")) request.url = word.replace("$GATEWAY", host);
    }
    request.method ||= request.body === null ? "GET" : "POST";
    return request;
  }

  // Texts may name variables of the environment, like $TOKEN.
  const VARIABLE = /\$([A-Z_]+)/g;
  const quoted = (text) => JSON.stringify(text);
  const python = {
    text: (text) => (VARIABLE.test(text) ? `f${quoted(text).replace(VARIABLE, "{os.environ['$1']}")}` : quoted(text)),
    words: { true: "True", false: "False", null: "None" },
  };
  const javascript = {
    text: (text) => (VARIABLE.test(text) ? `\`${text.replace(VARIABLE, "${process.env.$1}")}\`` : quoted(text)),
    words: {},
  };

  function literal(value, language) {
    VARIABLE.lastIndex = 0;
    if (typeof value === "string") return language.text(value);
    if (Array.isArray(value)) return `[${value.map((item) => literal(item, language)).join(", ")}]`;
    if (value !== null && typeof value === "object") {
      const members = Object.entries(value).map(([name, of]) => `${quoted(name)}: ${literal(of, language)}`);
      return `{${members.join(", ")}}`;
    }
    return language.words[String(value)] ?? String(value);
  }

  function inPython({ method, url, headers, body }) {
    const lines = ["import json, os", "from urllib.request import Request, urlopen", ""];
    if (body !== null) lines.push(`body = ${literal(body, python)}`);
    lines.push("request = Request(", `    ${literal(url, python)},`);
    if (body !== null) lines.push("    json.dumps(body).encode(),");
    const named = headers.map(([name, value]) => `${quoted(name)}: ${literal(value, python)}`);
    lines.push(`    headers={${named.join(", ")}},`, `    method=${quoted(method)},`, ")");
    lines.push("with urlopen(request) as answer:", "    print(json.load(answer))");
    return lines.join("\n");
  }

  function inJavaScript({ method, url, headers, body }) {
    const lines = [`const answer = await fetch(${literal(url, javascript)}, {`, `  method: ${quoted(method)},`];
    const named = headers.map(([name, value]) => `${quoted(name)}: ${literal(value, javascript)}`);
    lines.push(`  headers: { ${named.join(", ")} },`);
    if (body !== null) lines.push(`  body: JSON.stringify(${literal(body, javascript)}),`);
    lines.push("});", "console.log(await answer.json());");
    return lines.join("\n");
  }

  // A sample in each language; one that is more than one call stays a command.
  function versions(command) {
    const request = requestOf(command);
    const curl = command.replaceAll("$GATEWAY", host);
    if (!request) return { request, texts: { curl, Python: curl, JavaScript: curl } };
    const texts = { curl, Python: inPython(request), JavaScript: inJavaScript(request) };
    return { request, texts };
  }

  function copyButton(pre) {
    const button = make("button", { type: "button", textContent: "Copy" });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "Copied";
      } catch {
        // Without HTTPS there is no clipboard: it is selected, to be copied by a key.
        getSelection().selectAllChildren(pre);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2_000);
    });
    return button;
  }

  // A read that can be changed and sent.
  function trial(request, token) {
    const path = make("input", { value: request.url.slice(host.length), spellcheck: false });
    const send = make("button", { type: "submit", textContent: "Send" });
    const status = make("p", { role: "status", className: "said" });
    const result = make("pre", { tabIndex: 0, hidden: true, ariaLabel: "Response to this request" });
    const label = make("label", {}, "GET ", path);
    const form = make("form", { className: "trial" }, label, send, status, result);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      result.hidden = true;
      if (!token.value.trim()) {
        status.textContent = "Enter a token at the top of the page first.";
        return;
      }
      status.textContent = "…";
      const began = performance.now();
      try {
        const headers = { authorization: `Bearer ${token.value.trim()}` };
        const answer = await fetch(host + path.value, { headers });
        const text = await answer.text();
        const took = Math.round(performance.now() - began);
        status.textContent = `${answer.status} ${answer.statusText}, ${took} ms`;
        result.textContent = indented(text);
        result.hidden = false;
      } catch (error) {
        status.textContent = `No answer (${error.message})`;
      }
    });
    return form;
  }

  function indented(text) {
    try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
  }

  const token = make("input", { type: "password", autocomplete: "off", spellcheck: false });
  token.value = stored((store) => store.getItem(TOKEN_KEY)) ?? "";
  token.addEventListener("input", () => {
    stored((store) => store.setItem(TOKEN_KEY, token.value.trim()));
  });

  const language = make("select");
  language.append(...LANGUAGES.map((name) => make("option", { textContent: name })));

  const samples = [];
  for (const pre of document.querySelectorAll("pre.request")) {
    const { request, texts } = versions(pre.textContent);
    samples.push({ pre, texts });
    pre.before(copyButton(pre));
    const reads = request?.method === "GET" && request.headers.some(([name]) => name === "Authorization");
    if (reads) pre.after(trial(request, token));
  }
  const exports = document.querySelector("#samples pre");
  exports.textContent = exports.textContent.replace(/(GATEWAY=).*/, `$1${host}`);
  exports.before(copyButton(exports));

  const show = () => {
    for (const { pre, texts } of samples) pre.textContent = texts[language.value];
  };
  language.addEventListener("change", show);
  show();

  const search = make("input", { type: "search", autocomplete: "off", spellcheck: false });
  const found = make("p", { role: "status", className: "said" });
  const sections = [...document.querySelectorAll("main > section")];
  const texts = sections.map((section) => section.textContent.toLowerCase());
  const entries = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link.parentElement]));
  search.addEventListener("input", () => {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    sections.forEach((section, at) => {
      const fits = wanted.every((word) => texts[at].includes(word));
      section.hidden = !fits;
      const entry = entries.get(section.id);
      if (entry) entry.hidden = !fits;
      count += Number(fits);
    });
    found.textContent = wanted.length === 0 ? "" : `${count} of ${sections.length}`;
  });

  document.querySelector("nav").before(
    make("div", { className: "tools" },
      make("label", {}, "API token ", token),
      make("label", {}, "Samples in ", language),
      make("label", {}, "Search ", search),
      found));
})();

// The routes of this service, out of its own OpenAPI document. Nothing is fetched from anywhere else.
"use strict";
(async () => {
  const target = document.querySelector("#routes");
  const words = target.dataset;
  const make = (name, text, cls) => {
    const node = document.createElement(name);
    if (text) node.textContent = text;
    if (cls) node.className = cls;
    return node;
  };
  const api = await (await fetch("/api/v1/openapi.json")).json();

  // A shape in a line: {"clip": string, "next": string | null}
  const shape = (schema, deep = 0) => {
    if (!schema) return "…";
    if (schema.$ref) {
      const name = schema.$ref.split("/").pop();
      return deep > 2 ? name : shape(api.components.schemas[name], deep + 1);
    }
    if (schema.enum) return schema.enum.map((v) => JSON.stringify(v)).join(" | ");
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    const either = schema.anyOf || schema.oneOf;
    if (either) return either.map((one) => shape(one, deep)).join(" | ");
    if (schema.type === "array") return `[${shape(schema.items, deep + 1)}, …]`;
    if (schema.type === "object" && schema.properties) {
      const pad = "  ".repeat(deep + 1);
      const rows = Object.entries(schema.properties).map(([name, one]) => {
        const said = one.description ? `  // ${one.description}` : "";
        const needed = (schema.required || []).includes(name) ? "" : "?";
        return `${pad}"${name}"${needed}: ${shape(one, deep + 1)},${said}`;
      });
      return `{\n${rows.join("\n")}\n${"  ".repeat(deep)}}`;
    }
    return schema.type || "…";
  };

  const curl = (path, method, what) => {
    const parts = [`curl --request ${method.toUpperCase()} "${location.origin}${path}"`];
    if ((what.security || []).length > 0) parts.push('--header "Authorization: Bearer $TOKEN"');
    const body = what.requestBody && what.requestBody.content;
    if (body) {
      const kind = Object.keys(body)[0];
      parts.push(`--header "Content-Type: ${kind}"`, kind.endsWith("json") ? "--data @body.json" : "--data-binary @file");
    }
    return parts.join(" \\\n  ");
  };

  const card = (path, method, what) => {
    const node = make("details", "", "card route");
    const head = make("summary");
    head.append(make("code", method.toUpperCase(), "method"), make("code", path));
    head.append(make("span", (what.description || what.summary || "").split("\n")[0], "says"));
    node.append(head);
    node.addEventListener("toggle", () => { if (node.childElementCount === 1) fill(node, path, method, what); });
    node.dataset.text = `${method} ${path} ${what.description || ""}`.toLowerCase();
    return node;
  };

  const fill = (node, path, method, what) => {
    node.append(make("p", what.description));
    if ((what.security || []).length === 0) node.append(make("p", words.open, "dim"));
    if ((what.parameters || []).length > 0) {
      node.append(make("h3", words.given));
      const list = make("dl");
      for (const p of what.parameters) {
        const name = make("dt");
        name.append(make("code", p.name), ` (${p.in}${p.required ? `, ${words.needed}` : ""})`);
        list.append(name, make("dd", p.description || shape(p.schema)));
      }
      node.append(list);
    }
    for (const content of Object.values(what.requestBody ? what.requestBody.content : {})) {
      node.append(make("h3", words.body), make("pre", shape(content.schema), "mono"));
    }
    node.append(make("h3", words.answers));
    const answers = make("dl");
    for (const [status, answer] of Object.entries(what.responses || {})) {
      const name = make("dt");
      const kinds = Object.keys(answer.content || {});
      name.append(make("code", status), ` ${answer.description}${kinds.length ? ` · ${kinds.join(", ")}` : ""}`);
      answers.append(name);
      const schema = kinds.length && status !== "default" ? answer.content[kinds[0]].schema : null;
      if (schema && (schema.$ref || schema.properties)) {
        const said = make("dd");
        said.append(make("pre", shape(schema), "mono"));
        answers.append(said);
      }
    }
    node.append(answers);
    const text = curl(path, method, what);
    const button = make("button", words.copy, "small");
    button.type = "button";
    const shown = make("pre", text, "mono");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        // Plain http has no clipboard: the text is marked, Ctrl+C takes it.
        getSelection().selectAllChildren(shown);
        document.execCommand("copy");
      }
      button.textContent = words.copied;
    });
    node.append(make("h3", "curl"), shown, button);
  };

  const cards = [];
  for (const [path, methods] of Object.entries(api.paths).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const [method, what] of Object.entries(methods)) {
      if (method !== "head") cards.push(card(path, method, what));
    }
  }
  target.append(...cards);
  const box = document.querySelector("#docs-find");
  const count = document.querySelector("#docs-count");
  const look = () => {
    const asked = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const one of cards) {
      one.hidden = !asked.every((word) => one.dataset.text.includes(word));
      left += one.hidden ? 0 : 1;
    }
    count.textContent = words.count.replace("{n}", left);
  };
  box.addEventListener("input", look);
  look();
})();

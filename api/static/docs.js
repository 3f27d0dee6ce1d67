// The routes of this service, out of its own OpenAPI document. Nothing is fetched from anywhere else.
"use strict";
(async () => {
  const target = document.querySelector("#routes");
  const make = (name, text, cls) => {
    const node = document.createElement(name);
    if (text) node.textContent = text;
    if (cls) node.className = cls;
    return node;
  };
  const said = await fetch("/api/v1/openapi.json");
  const api = await said.json();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, what] of Object.entries(methods)) {
      const card = make("section", "", "card");
      const head = make("h2");
      head.append(make("code", `${method.toUpperCase()} ${path}`));
      card.append(head, make("p", what.description || what.summary));
      const given = what.parameters || [];
      if (given.length > 0) {
        const list = make("ul");
        for (const p of given) {
          const row = make("li");
          row.append(make("code", p.name), ` (${p.in}${p.required ? ", required" : ""}) ${p.description || ""}`);
          list.append(row);
        }
        card.append(list);
      }
      const answers = make("p", "", "dim");
      answers.append(Object.entries(what.responses || {}).map(([code, r]) => `${code} ${r.description}`).join(" · "));
      card.append(answers);
      target.append(card);
    }
  }
})();

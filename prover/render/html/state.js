/* The state pane: tables that show what has changed. */

/* Builds the tables once; what it answers with fills them for a position. */
function stateOf(parts) {
  const box = find("state");
  const cells = [];
  const tables = parts.map(({ title, heads, rows }) => {
    const head = make("tr", "", ...[title, ...heads].map((text) => make("th", "", text)));
    for (const cell of head.cells) cell.scope = "col";
    const body = rows.map((row) => {
      const name = make("th", "", make("span", "flag", ""), row.name);
      name.scope = "row";
      if (row.about) name.append(" ", make("span", "about", row.about));
      const line = make("tr", "", name);
      const wide = Math.max(1, Math.max(...rows.map((each) => each.cells.length)) - row.cells.length + 1);
      row.cells.forEach((changes, i) => {
        const cell = make("td");
        if (i === row.cells.length - 1) cell.colSpan = wide;
        const half = row.about.includes(" | ") ? row.about.split(" | ")[i] : "";
        cells.push({ line, cell, changes, what: `${row.name} ${half}`.trim() });
        line.append(cell);
      });
      return line;
    });
    const most = Math.max(...rows.map((each) => each.cells.length));
    head.lastChild.colSpan = most - heads.length + 1;
    return make("table", heads.length > 1 ? "three" : "", make("thead", "", head), make("tbody", "", ...body));
  });
  box.replaceChildren(...tables);
  find("state").parentElement.hidden = parts.length === 0;

  const at = (changes, scene) => changes.reduce((text, [from, to]) => (from <= scene ? to : text), "");
  return (scene, before) => {
    const said = [];
    const lines = new Set();
    for (const { line, cell, changes, what } of cells) {
      const now = at(changes, scene);
      const was = at(changes, before);
      cell.replaceChildren();
      cell.classList.toggle("changed", was !== now);
      cell.classList.toggle("none", now === "-" && was === now);
      line.classList.remove("changed");
      line.querySelector(".flag").textContent = "";
      if (was === now) cell.append(now);
      else {
        if (was && was !== "-") cell.append(make("del", "", was), " ");
        cell.append(make("ins", "", now));
        lines.add(line);
        said.push(`${what}: ${was} to ${now}`);
      }
    }
    /* The first one last: where not all fit, it is seen. */
    for (const line of [...lines].reverse()) {
      line.classList.add("changed");
      line.querySelector(".flag").textContent = "*";
      reveal(box, line);
    }
    return said;
  };
}

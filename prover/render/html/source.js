/* The source pane: one text at a time, a place marked in it, and where every thread is. */

const texts = read("data-sources");

const source = (function () {
  const box = find("source");
  const title = find("file");
  let number = -1;
  let rows = [];
  let looks = [];
  let touched = [];

  /* For each line, the columns that are comments. */
  function comments(lines) {
    const found = lines.map(() => []);
    let open = false;
    lines.forEach((line, at) => {
      let from = 0;
      while (from < line.length) {
        if (open) {
          const end = line.indexOf("*/", from);
          found[at].push([from, end < 0 ? line.length : end + 2]);
          if (end < 0) return;
          open = false;
          from = end + 2;
          continue;
        }
        const next = /"(?:\\.|[^"\\])*"|\/\/|\/\*/g;
        next.lastIndex = from;
        const hit = next.exec(line);
        if (hit === null) return;
        if (hit[0] === "//") {
          found[at].push([hit.index, line.length]);
          return;
        }
        from = hit[0] === "/*" ? hit.index : next.lastIndex;
        if (hit[0] === "/*") {
          found[at].push([hit.index, hit.index + 2]);
          open = true;
          from = hit.index + 2;
        }
      }
    });
    return found;
  }

  /* The line, with its comments and the place that is marked in it. */
  function fill(at, mark) {
    const code = rows[at].lastChild;
    const line = texts[number].lines[at];
    const cuts = new Set([0, line.length]);
    const spans = looks[at].map(([from, to]) => [from, to, "remark"]);
    if (mark && mark[1] > mark[0]) spans.push([mark[0], mark[1], "here"]);
    for (const [from, to] of spans) cuts.add(from).add(to);
    const edges = [...cuts].sort((a, b) => a - b);
    code.replaceChildren();
    for (let i = 0; i + 1 < edges.length; i += 1) {
      const text = line.slice(edges[i], edges[i + 1]);
      const kinds = spans.filter(([from, to]) => from <= edges[i] && edges[i + 1] <= to);
      if (!text) continue;
      if (kinds.length === 0) code.append(text);
      else code.append(make(kinds.some((k) => k[2] === "here") ? "mark" : "span", kinds.map((k) => k[2]).join(" "), text));
    }
  }

  function open(wanted) {
    if (number === wanted) return;
    number = wanted;
    const { name, lines } = texts[number];
    title.textContent = name;
    looks = comments(lines);
    touched = [];
    const width = String(lines.length).length;
    rows = lines.map((_, at) => {
      const row = make("div", "line");
      row.append(make("span", "at"), make("span", "no", String(at + 1).padStart(width)), make("code"));
      return row;
    });
    rows.forEach((_, at) => fill(at, null));
    box.replaceChildren(...rows);
    box.scrollTop = 0;
  }

  function clear() {
    for (const at of touched) {
      const row = rows[at];
      row.className = "line";
      row.removeAttribute("aria-current");
      row.firstChild.textContent = "";
      fill(at, null);
    }
    touched = [];
  }

  /* Shows a place; ``others`` are where threads are: [place, label]. */
  function show(place, others, bad) {
    if (place) open(place[0]);
    clear();
    for (const [where, label] of others) {
      if (!where || where[0] !== number || !rows[where[1] - 1]) continue;
      const at = where[1] - 1;
      const before = rows[at].firstChild.textContent;
      rows[at].firstChild.textContent = before ? `${before} ${label}` : label;
      rows[at].classList.add("thread");
      touched.push(at);
    }
    if (place && rows[place[1] - 1]) {
      const at = place[1] - 1;
      touched.push(at);
      rows[at].classList.add("current");
      if (bad) rows[at].classList.add("bad");
      rows[at].setAttribute("aria-current", "step");
      fill(at, [place[2], place[3]]);
      reveal(box, rows[at].querySelector(".no"));
    }
  }

  return { show };
})();

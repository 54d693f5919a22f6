/* The index: files that fold, rows that a filter leaves. */

(function () {
  const form = find("filter");
  const rows = [...document.querySelectorAll("tr.row")];
  const bodies = [...document.querySelectorAll("tbody[data-file]")];
  const cells = rows.map((row) => [...row.cells].map((cell) => cell.textContent));
  const haystack = cells.map((texts) => texts.join(" ").toLowerCase());
  const files = rows.map((row) => row.parentElement.dataset.file);
  const wanted = (id) => (find(id) === null ? "" : find(id).value);

  function filter() {
    const words = find("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = wanted("by-verdict");
    const model = wanted("by-model");
    const file = wanted("by-file");
    const wrong = find("by-wrong").checked;
    const any = Boolean(words.length || verdict || model || file || wrong);
    let left = 0;
    rows.forEach((row, i) => {
      const fits =
        (!verdict || cells[i][3] === verdict) &&
        (!model || cells[i][2] === model) &&
        (!file || files[i] === file) &&
        (!wrong || cells[i][6] === "NO") &&
        words.every((word) => haystack[i].includes(word));
      row.hidden = !fits;
      left += fits;
    });
    for (const body of bodies) {
      const own = body.querySelectorAll("tr.row");
      const errors = body.querySelector("tr.errors") !== null && !any;
      body.hidden = !errors && ![...own].some((row) => !row.hidden) && own.length > 0;
      body.classList.toggle("filtered", any);
    }
    find("matching").textContent = any ? `${left} of ${rows.length}` : "";
  }

  for (const body of bodies) {
    const button = body.querySelector("tr.file button");
    button.addEventListener("click", () => {
      const folded = body.classList.toggle("folded");
      button.setAttribute("aria-expanded", String(!folded));
    });
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();

/* One obligation: its notes, and its execution, step by step.

   Position 0 is before the first step, position K after step K; stops are the positions that are
   shown: those of decisive steps, or all.  The address says what is shown: #o12 an obligation,
   #o12/1/7 its second violation after step 7. */

(function () {
  const notes = read("data-notes");
  const obligations = read("data-obligations");
  const index = find("index");
  const detail = find("detail");
  const slider = find("slider");
  const times = find("times");
  let shown = -1;
  let chosen = 0;
  let position = 0;
  let witness = null;
  let draw = null;
  let heads = [];
  let stops = [];
  let reasons = [];
  let timer = 0;

  const refuted = obligations.flatMap((each, number) => (each.witnesses ? [number] : []));

  /* --- an obligation ----------------------------------------------------------------- */

  function facts(number) {
    const row = find(`o${number}`);
    const [name, config, model, verdict, found, expected, good] = [...row.cells].map(
      (cell) => cell.textContent,
    );
    const file = row.parentElement.querySelector("tr.file button").textContent;
    find("name").textContent = name;
    const list = find("facts");
    list.replaceChildren();
    const add = (term, text, kind) => {
      if (text) list.append(make("div", "", make("dt", "", term), make("dd", kind, text)));
    };
    add("verdict", verdict, `v ${verdict}`);
    add(verdict === "refuted" ? "violated" : "which means", found, "");
    add("expected", `${expected}${good === "yes" ? "" : ", NOT as expected"}`, good === "yes" ? "" : "no");
    add("config", config, "");
    add("model", model, "");
    add("file", file, "");
    document.title = `${name} - prove`;
  }

  function open(number, witnessNumber, at) {
    const each = obligations[number];
    if (shown !== number) {
      shown = number;
      witness = null;
      facts(number);
      const said = notes[each.notes].map((note) => make("li", "", note));
      for (const [place] of each.loops || []) said.push(make("li", "", `the loop at ${place} can go further`));
      find("notes").replaceChildren(...said);
      hint(number);
      neighbours(number);
      choices(each.witnesses || []);
    }
    index.hidden = true;
    detail.hidden = false;
    find("witness").hidden = !each.witnesses;
    if (!each.witnesses) return;
    if (witness === null || chosen !== witnessNumber) {
      chosen = witnessNumber;
      load(each.witnesses[chosen][1], at);
    }
    go(at);
  }

  /* What there is to be asked of a proof. */
  function hint(number) {
    const row = find(`o${number}`);
    const [scenario, variant] = row.cells[0].textContent.split(" / ");
    const file = row.parentElement.querySelector("tr.file button").textContent;
    const place = find("hint");
    place.replaceChildren();
    if (row.cells[3].textContent !== "proved") return;
    const options = `${file} --scenario ${scenario}${variant ? ` --variant ${variant}` : ""}`;
    place.append("What the proof rests on: ", make("code", "", `prove why ${options}`));
    if (!variant) place.append("; what it needs: ", make("code", "", `prove needs ${options}`));
  }

  function neighbours(number) {
    const before = refuted.filter((each) => each < number).at(-1);
    const after = refuted.find((each) => each > number);
    for (const [id, to] of [["before", before], ["after", after]]) {
      find(id).hidden = to === undefined;
      if (to !== undefined) find(id).href = `#o${to}`;
    }
  }

  function choices(witnesses) {
    const buttons = witnesses.map(([property], i) => {
      const button = make("button", "", property);
      button.type = "button";
      button.addEventListener("click", () => {
        location.hash = `#o${shown}/${i}/0`;
      });
      return button;
    });
    find("choice").replaceChildren(...buttons);
    find("choice").hidden = witnesses.length < 2;
  }

  /* --- a witness --------------------------------------------------------------------- */

  function load(number, at) {
    witness = read(`w${number}`);
    /* An address of a step that is none of the decisive ones means all. */
    if (at > 0 && witness.steps[at - 1] && !witness.steps[at - 1].decisive) find("every").checked = true;
    position = -1;
    [...find("choice").children].forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === chosen));
    });
    const said = witness.said.map((each) => sentence("span", each));
    said[0].prepend(make("strong", "", `${witness.property}: `));
    find("said").replaceChildren(...said);
    if (witness.shows) find("said").append(make("span", "shows", witness.shows));
    const why = witness.because.map((each) => sentence("li", each));
    find("because").replaceChildren(...why);
    reasons = [...said, ...why].map((place, i) => [place, [...witness.said, ...witness.because][i].edges]);
    find("text").textContent = witness.text;
    slider.max = String(witness.steps.length);
    find("all").hidden = witness.pictures.length < 2;
    choose();
    draw = stateOf(witness.state);
  }

  /* A sentence, with a button for each edge that it is about. */
  function sentence(tag, { text, edges }) {
    const place = make(tag, "sentence", text);
    for (const ends of edges) {
      const [one, other] = ends.map((end) => end + 1).sort((a, b) => a - b);
      const button = make("button", "jump", `steps ${one} and ${other}`);
      button.type = "button";
      button.addEventListener("click", () => go(other));
      place.append(" ", button);
    }
    return place;
  }

  /* Which steps are shown. */
  function choose() {
    const every = find("every").checked || witness.pictures.length < 2;
    stops = [0];
    witness.steps.forEach((step, i) => {
      if (every || step.decisive) stops.push(i + 1);
    });
    lifelines(witness.pictures[every ? 0 : 1]);
  }

  find("every").addEventListener("change", () => {
    const before = position;
    choose();
    position = -1;
    go(before);
  });

  /* The lifelines; their heads stay in sight, and each step says where it is. */
  function lifelines(text) {
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    const picture = document.adoptNode(parsed.documentElement);
    /* A title of the whole would be a tooltip everywhere. */
    const said = ["title", "desc"].map((name) => picture.querySelector(`:scope > ${name}`));
    picture.setAttribute("aria-label", said.map((each) => each.textContent).join(". "));
    picture.removeAttribute("aria-labelledby");
    for (const each of said) each.remove();
    for (const row of picture.querySelectorAll(".moment")) {
      const step = witness.steps[Number(row.dataset.moment)];
      const title = document.createElementNS(picture.namespaceURI, "title");
      title.textContent = `step ${Number(row.dataset.moment) + 1}${step.place ? `, ${step.place}` : ""}`;
      row.prepend(title);
    }
    heads = [...picture.querySelectorAll(".head")];
    if (heads.length) heads.unshift(ground(picture, heads));
    picture.append(...heads);
    times.replaceChildren(picture);
    times.scrollTop = 0;
    times.scrollLeft = 0;
    fit();
  }

  /* What the heads stand on, so that steps pass beneath. */
  function ground(picture, heads) {
    const { x, y, width } = picture.viewBox.baseVal;
    const ends = heads.map((head) => {
      const box = head.querySelector("rect");
      return Number(box.getAttribute("y")) + Number(box.getAttribute("height"));
    });
    const rect = document.createElementNS(picture.namespaceURI, "rect");
    const place = { class: "paper", x, y, width, height: Math.max(...ends) - y + 3 };
    for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
    return rect;
  }

  /* The picture as wide as its pane, as long as it can be read; the panes as high as the window. */
  function fit() {
    const picture = times.querySelector("svg");
    if (picture === null || detail.hidden) return;
    const { width, height } = picture.viewBox.baseVal;
    const scale = Math.max(0.8, Math.min(1, (times.clientWidth - 4) / width));
    picture.setAttribute("width", width * scale);
    picture.setAttribute("height", height * scale);
    const above = find("panes").getBoundingClientRect().top + scrollY;
    find("panes").style.setProperty("--above", `${Math.ceil(above)}px`);
    stay();
  }

  /* The heads stay in sight. */
  function stay() {
    const picture = times.querySelector("svg");
    if (picture === null) return;
    const by = (times.scrollTop * picture.viewBox.baseVal.height) / picture.height.baseVal.value;
    for (const head of heads) head.setAttribute("transform", `translate(0 ${by})`);
  }

  times.addEventListener("scroll", stay);
  addEventListener("resize", fit);

  times.addEventListener("click", (event) => {
    const moment = event.target.closest(".moment");
    if (moment !== null) go(Number(moment.dataset.moment) + 1);
  });

  /* --- a step ------------------------------------------------------------------------ */

  function go(wanted) {
    if (witness === null) return;
    const last = stops.at(-1);
    const next = stops.find((stop) => stop >= wanted);
    slider.value = String(next === undefined ? last : next);
    if (Number(slider.value) === position) return;
    position = Number(slider.value);
    const step = position > 0 ? witness.steps[position - 1] : null;
    for (const id of ["first", "back"]) find(id).disabled = position === 0;
    for (const id of ["forward", "last"]) find(id).disabled = position === last;
    const changes = draw(position, beside(-1));
    words(step, changes);
    mark();
    follow(step);
    clearTimeout(timer);
    timer = setTimeout(remember, 250);
  }

  /* The stop before or behind the one that is shown. */
  function beside(way) {
    const at = stops.indexOf(position) + way;
    return stops[Math.max(0, Math.min(stops.length - 1, at))];
  }

  function words(step, changes) {
    const last = witness.steps.length;
    const count = position === 0 ? `before step 1 of ${last}` : `step ${position} of ${last}`;
    find("count").textContent = count;
    find("when").textContent = position === 0 ? "before the first step" : `after step ${position}`;
    find("who").textContent = step === null ? "the start" : witness.threads[step.thread];
    find("code").textContent = step === null ? "" : step.code;
    const known = step === null ? [] : [...step.facts, step.note].filter(Boolean);
    find("effect").textContent = known.join(", ");
    find("stepper").classList.toggle("bad", step !== null && step.bad);
    const violated = step !== null && step.bad ? `, here ${witness.property}` : "";
    const spoken =
      step === null
        ? count
        : `${count}: ${witness.threads[step.thread]}, ${step.place}: ${step.code}; ${known.join(", ")}${violated}. ` +
          (changes.length ? `Changed: ${changes.join("; ")}.` : "");
    slider.setAttribute("aria-valuetext", step === null ? count : `${count}: ${step.code}`);
    find("live").textContent = spoken;
  }

  function mark() {
    const now = position - 1;
    let current = null;
    for (const row of times.querySelectorAll(".moment")) {
      const here = Number(row.dataset.first) <= now && now <= Number(row.dataset.moment);
      row.classList.toggle("now", here);
      row.classList.toggle("ahead", Number(row.dataset.first) > now);
      if (here) {
        row.setAttribute("aria-current", "step");
        current = row;
      } else row.removeAttribute("aria-current");
    }
    for (const edge of times.querySelectorAll(".edge")) {
      const ends = [Number(edge.dataset.source), Number(edge.dataset.target)];
      edge.classList.toggle("now", ends.includes(now));
      edge.classList.toggle("ahead", ends[1] > now);
    }
    for (const [place, edges] of reasons) {
      place.classList.toggle("now", edges.some((ends) => ends.includes(now)));
    }
    if (current === null) times.scrollTop = 0;
    else reveal(times, current.querySelector(".step"));
  }

  /* The source of the step, the calls it is in, and where each thread was last. */
  function follow(step) {
    const places = new Map();
    for (const each of witness.steps.slice(0, position)) {
      if (each.at) places.set(each.thread, each.at);
    }
    const others = [...places].map(([thread, place]) => [place, witness.threads[thread].split(" ")[0]]);
    const first = step || witness.steps.find((each) => each.at);
    source.show(step ? step.at : null, others, step !== null && step.bad);
    if (step === null && first) source.show([first.at[0], 0, 0, 0], [], false);
    const stack = find("stack");
    stack.replaceChildren();
    if (step === null) return;
    stack.append(witness.threads[step.thread]);
    for (const [name, place] of step.calls) {
      const button = make("button", "jump", `${name}()`);
      button.type = "button";
      button.title = "show the call";
      button.addEventListener("click", () => source.show(place, [], false));
      stack.append(" > ", button);
    }
    const here = make("button", "jump", step.place);
    here.type = "button";
    here.addEventListener("click", () => source.show(step.at, others, step.bad));
    stack.append(" > ", here);
  }

  function remember() {
    const wanted = `#o${shown}/${chosen}/${position}`;
    if (!detail.hidden && location.hash !== wanted) history.replaceState(null, "", wanted);
  }

  /* --- what moves it ----------------------------------------------------------------- */

  find("first").addEventListener("click", () => go(0));
  find("back").addEventListener("click", () => go(beside(-1)));
  find("forward").addEventListener("click", () => go(beside(1)));
  find("last").addEventListener("click", () => go(stops.at(-1)));
  slider.addEventListener("input", () => go(Number(slider.value)));

  const moves = {
    ArrowLeft: () => go(beside(-1)),
    ArrowUp: () => go(beside(-1)),
    k: () => go(beside(-1)),
    ArrowRight: () => go(beside(1)),
    ArrowDown: () => go(beside(1)),
    j: () => go(beside(1)),
    Home: () => go(0),
    End: () => go(stops.at(-1)),
  };

  document.addEventListener("keydown", (event) => {
    if (detail.hidden || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key === "Escape") location.hash = "#index";
    const target = event.target;
    if (target.matches("input[type=search], select, textarea")) return;
    /* A box that has the focus scrolls by its keys, all but those that only step. */
    const scrolls = ["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key) && target.matches(".box");
    if (witness === null || !Object.hasOwn(moves, event.key) || scrolls) return;
    event.preventDefault();
    moves[event.key]();
  });

  find("copy").addEventListener("click", () => {
    const range = document.createRange();
    range.selectNodeContents(find("text"));
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    find("copy").textContent = document.execCommand("copy") ? "Copied" : "Selected";
  });

  function route() {
    const [, number, witnessNumber, at] = /^#o(\d+)(?:\/(\d+)(?:\/(\d+))?)?$/.exec(location.hash) || [];
    const each = number === undefined ? undefined : obligations[Number(number)];
    if (each === undefined) {
      const row = shown < 0 ? null : find(`o${shown}`);
      const was = !detail.hidden;
      detail.hidden = true;
      index.hidden = false;
      document.title = read("data-title");
      if (was && row !== null) {
        row.scrollIntoView({ block: "center" });
        row.querySelector("a").focus();
      }
      return;
    }
    const there = Number(witnessNumber || 0);
    const valid = each.witnesses && there < each.witnesses.length ? there : 0;
    const fresh = detail.hidden || shown !== Number(number);
    find("copy").textContent = "Copy";
    open(Number(number), valid, Number(at || 0));
    if (fresh) {
      scrollTo(0, 0);
      find("name").focus({ preventScroll: true });
    }
  }

  addEventListener("hashchange", route);
  route();
})();

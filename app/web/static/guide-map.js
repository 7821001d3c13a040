/* Shows a square of the map without asking the server, and makes the squares a grid for the arrow keys.

   Everything works without this script: the lists are a form, each square is a link. */
(() => {
  "use strict";
  const source = document.getElementById("map-data");
  const grid = document.querySelector("[data-map-grid]");
  if (!source || !grid) return;

  const data = JSON.parse(source.textContent);
  const ids = data.functions.map((each) => each.id);
  const functions = Object.fromEntries(data.functions.map((each) => [each.id, each]));
  const key = (one, other) => [one, other].sort().join(" ");
  const pairs = Object.fromEntries(data.pairs.map((each) => [key(...each.between), each]));
  const squares = [...grid.querySelectorAll("a[data-from]")];
  const form = document.querySelector("[data-map-form]");
  const status = document.querySelector("[data-map-status]");
  const site = document.title.split(" · ").pop();

  const write = (name, text) => { document.querySelector(`[data-map="${name}"]`).textContent = text; };
  const find = (from, to) => squares.find((each) => each.dataset.from === from && each.dataset.to === to);
  const address = (from, to) => `${location.pathname}?from=${from}&to=${to}`;

  const arc = (from, to) => {
    const [x1, x2] = [ids.indexOf(from), ids.indexOf(to)].map((place) => 40 + 90 * place);
    const height = 104 - 2 * Math.min(96, 24 + Math.abs(x2 - x1) / 6);
    return from === to ? "" : `M${x1} 104Q${(x1 + x2) / 2} ${Math.round(height)} ${x2} 104`;
  };

  const draw = (from, to) => {
    document.querySelector("[data-map-arc]").setAttribute("d", arc(from, to));
    document.querySelectorAll("[data-map-stop]").forEach((stop) => {
      const on = stop.dataset.mapStop === from || stop.dataset.mapStop === to;
      stop.classList.toggle("is-on", on);
      stop.setAttribute("r", on ? 13 : 8);
    });
  };

  const show = (from, to) => {
    const [one, other, pair] = [functions[from], functions[to], pairs[key(from, to)]];
    const name = pair ? pair.title : one.label;
    write("title", name);
    if (pair) {
      [["one", one.label], ["one-moment", one.moment], ["other", other.label], ["other-moment", other.moment],
        ["breaks", pair.breaks], ["ask", pair.ask], ["phrase", pair.phrase]].forEach(([part, text]) => write(part, text));
    } else {
      ["question", "decides", "measured", "felt"].forEach((part) => write(part, one[part]));
    }
    document.querySelectorAll("[data-map-pair]").forEach((part) => { part.hidden = !pair; });
    document.querySelectorAll("[data-map-alone]").forEach((part) => { part.hidden = Boolean(pair); });
    draw(from, to);
    document.querySelector("[data-map-link]").setAttribute("href", address(from, to));
    form.elements.from.value = from;
    form.elements.to.value = to;
    squares.forEach((each) => each.removeAttribute("aria-current"));
    find(from, to).setAttribute("aria-current", "true");
    document.title = [name, "The handoff map", site].join(" · ");
    status.textContent = pair ? `${name}. ${pair.breaks} Ask both: ${pair.ask} Try saying: ${pair.phrase}` : `${name}. ${one.question}`;
  };

  const open = (from, to) => {
    if (!functions[from] || !functions[to]) return;
    show(from, to);
    history.pushState({ from, to }, "", address(from, to));
  };

  const reveal = () => {
    const panel = document.querySelector("[data-map-panel]");
    const { top, bottom } = panel.getBoundingClientRect();
    if (top < 0 || top > innerHeight * 0.7 || bottom < 80) panel.scrollIntoView({ block: "start" });
  };

  /* -- the grid: one tab stop, arrows inside ------------------------------------------------------------ */

  const rest = (square) => {
    squares.forEach((each) => { each.tabIndex = -1; });
    square.tabIndex = 0;
  };

  const moves = {
    ArrowRight: (row, column) => [row, column + 1],
    ArrowLeft: (row, column) => [row, column - 1],
    ArrowDown: (row, column) => [row + 1, column],
    ArrowUp: (row, column) => [row - 1, column],
    Home: (row, _column, whole) => [whole ? 0 : row, 0],
    End: (row, _column, whole) => [whole ? ids.length - 1 : row, ids.length - 1],
  };

  grid.setAttribute("role", "grid");
  grid.addEventListener("keydown", (event) => {
    const square = event.target.closest("a[data-from]");
    const move = moves[event.key];
    if (!square || !move || event.altKey || event.metaKey) return;
    const [row, column] = move(ids.indexOf(square.dataset.from), ids.indexOf(square.dataset.to), event.ctrlKey);
    const next = find(ids[row], ids[column]);
    event.preventDefault();
    if (!next) return;
    rest(next);
    next.focus();
  });
  grid.addEventListener("click", (event) => {
    const square = event.target.closest("a[data-from]");
    if (!square || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    rest(square);
    open(square.dataset.from, square.dataset.to);
    reveal();
  });

  /* -- the lists, the way back, the link ---------------------------------------------------------------- */

  form.addEventListener("change", () => open(form.elements.from.value, form.elements.to.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open(form.elements.from.value, form.elements.to.value);
    reveal();
  });
  addEventListener("popstate", (event) => {
    const asked = new URLSearchParams(location.search);
    const { from, to } = event.state ?? { from: asked.get("from"), to: asked.get("to") };
    if (functions[from] && functions[to]) show(from, to);
    else if (!event.state) location.reload();
  });

  const copy = document.querySelector("[data-map-copy]");
  if (navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const link = new URL(document.querySelector("[data-map-link]").getAttribute("href"), location.href);
      try {
        await navigator.clipboard.writeText(link.href);
        status.textContent = copy.textContent = "Copied";
      } catch {
        status.textContent = copy.textContent = "Not allowed here: copy it from the address line";
      }
      setTimeout(() => { copy.textContent = "Copy the link"; }, 2500);
    });
  }

  document.querySelector("[data-map-hint]").hidden = false;
  rest(squares.find((each) => each.getAttribute("aria-current")) ?? squares[0]);
})();

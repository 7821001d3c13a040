// The inbox works without this file. With it: keys, a list that knows where one is, and answers that survive a
// closed window.

const room = document.getElementById("inbox");
const keys = document.getElementById("keys");
const listing = room.dataset.page === "list";
const rows = [...room.querySelectorAll("[data-row]")];
const links = rows.map((row) => row.querySelector(".thread-row__link"));

for (const button of room.querySelectorAll("[data-open]")) {
  button.hidden = false;
  button.addEventListener("click", () => keys.showModal());
}
const switched = document.getElementById("keys-on");
switched.checked = localStorage.getItem("handoff:keys") !== "off";
switched.addEventListener("change", () => localStorage.setItem("handoff:keys", switched.checked ? "on" : "off"));

function at() { return links.indexOf(document.activeElement.closest?.("[data-row]")?.querySelector(".thread-row__link")); }

function step(by) {
  const next = links[Math.min(Math.max(at() + by, 0), links.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function only(row) {
  for (const each of rows) each.querySelector("input").checked = each === row;
}

const inList = {
  j: () => step(1),
  k: () => step(-1),
  x: () => { const tick = rows[at()]?.querySelector("input"); if (tick) tick.click(); },
  r: () => go("answer"),
  s: () => go("snooze"),
  l: () => go("lane"),
  e: () => {
    const row = rows[at()];
    if (row && !rows.some((each) => each.querySelector("input")?.checked)) only(row);
    press("e");
  },
};

function go(place) {
  const link = links[at()];
  if (link) location.assign(`${link.href}#${place}`);
}

function press(key) {
  const target = room.querySelector(`[data-key="${key}"]`);
  if (!target) return false;
  if (target.matches("input")) target.focus();
  else target.click();
  return true;
}

const inThread = {
  r: () => document.getElementById("markdown")?.focus(),
  s: () => open("snooze"),
  l: () => open("lane"),
  "/": () => location.assign("/admin/inbox#search"),
};

function open(name) {
  const menu = document.getElementById(name);
  if (!menu) return;
  for (const other of room.querySelectorAll(".menu[open]")) if (other !== menu) other.open = false;
  menu.open = true;
  menu.querySelector(".menu__sheet button, .menu__sheet select").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = room.querySelector(".menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.id === "markdown") {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select")) return;
  if (event.key === "?") { event.preventDefault(); keys.showModal(); return; }
  if (!switched.checked) return;
  const deed = (listing ? inList : inThread)[event.key];
  if (deed) { event.preventDefault(); deed(); } else if (press(event.key)) event.preventDefault();
});
document.addEventListener("click", (event) => {
  for (const menu of room.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

const all = document.getElementById("tick-all");
if (all) {
  all.parentElement.hidden = false;
  all.addEventListener("change", () => { for (const row of rows) row.querySelector("input").checked = all.checked; });
}
if (location.hash === "#search") document.getElementById("search")?.focus();
if (location.hash === "#answer") document.getElementById("markdown")?.focus();
if (location.hash === "#snooze" || location.hash === "#lane") open(location.hash.slice(1));

const form = document.getElementById("answer-form");
if (form) {
  const words = form.elements.markdown, kept = `handoff:answer:${room.dataset.thread}`;
  if (document.querySelector(".notice--good")) localStorage.removeItem(kept);
  else if (!words.value) words.value = localStorage.getItem(kept) ?? "";
  words.addEventListener("input", () => localStorage.setItem(kept, words.value));

  const frame = document.getElementById("answer-preview"), button = document.getElementById("preview-button");
  button.formTarget = "answer-preview";
  button.addEventListener("click", () => { frame.hidden = false; });
  form.addEventListener("submit", (event) => {
    if (event.submitter === button) return;
    for (const each of form.querySelectorAll("button")) each.setAttribute("aria-disabled", "true");
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  const saved = document.getElementById("saved");
  if (saved) {
    saved.hidden = false;
    saved.addEventListener("change", () => {
      if (!saved.value) return;
      words.setRangeText(saved.value, words.selectionStart, words.selectionEnd, "end");
      words.dispatchEvent(new Event("input"));
      words.focus();
      saved.value = "";
    });
  }
}

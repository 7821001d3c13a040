// The Sunday links work without this file. With it: clips are dragged, or carried by the keyboard, pages that are
// being read fill in by themselves, and a line on why it matters is saved while it is written.

const POLL = [2000, 2000, 3000, 5000, 8000, 13000, 20000];
const REST = 900;        // after the last key, before a line is saved
const RETRY = 8000;
const EDGE = 90;         // this close to the window's edge a drag scrolls
const KEEP = "handoff:why:";

const board = document.getElementById("board");
const saidHere = document.getElementById("board-said");
const lists = [...board.querySelectorAll("[data-list]")];
const served = new Map();   // what the server last said of each row and each live piece, to see what is new
let held = null, asked = 0, hush = 0;

const clipsOf = (list) => [...list.querySelectorAll(":scope > [data-clip]")];
const nameOf = (clip) => clip.dataset.name;
const listOf = (clip) => clip.closest("[data-list]");
const token = () => document.querySelector("input[name=csrf]").value;

function say(words, bad = false) {
  clearTimeout(hush);
  saidHere.textContent = words;
  saidHere.classList.toggle("board-said--bad", bad);
  if (!bad) hush = setTimeout(() => { saidHere.textContent = ""; }, 9000);
}

// -- talking to the studio ---------------------------------------------------------------------------------

class Refused extends Error {}
class SignedOut extends Error {}

async function send(path, fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries({ csrf: token(), ...fields })) body.set(name, value);
  const answer = await fetch(path, {
    method: "POST", body, redirect: "manual", keepalive: true, headers: { Accept: "application/json" },
  });
  if (answer.type === "opaqueredirect") throw new SignedOut("Your session has ended. Sign in again in another tab.");
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  const words = [told.error || "That did not work just now.", told.hint].filter(Boolean).join(" ");
  throw answer.status < 500 ? new Refused(words) : new Error(words);
}

async function look() {
  const mine = ++asked;
  const answer = await fetch(board.dataset.from, { headers: { Accept: "text/html" } });
  if (!answer.ok || new URL(answer.url).pathname !== location.pathname) throw new SignedOut("Your session has ended.");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine === asked && !held) take(page);
  return page;
}

function take(page) {
  const fresh = page.querySelector("input[name=csrf]");
  if (fresh) for (const field of document.querySelectorAll("input[name=csrf]")) field.value = fresh.value;
  for (const list of lists) {
    const twin = page.querySelector(`[data-list="${list.dataset.list}"]`);
    if (twin) arrange(list, clipsOf(twin));
  }
  const there = new Set([...page.querySelectorAll("[data-clip]")].map((clip) => clip.id));
  for (const clip of board.querySelectorAll("[data-clip]")) if (!there.has(clip.id)) clip.remove();
  for (const piece of document.querySelectorAll("[data-live]")) {
    const twin = page.getElementById(piece.id);
    if (!twin || piece.contains(document.activeElement) || served.get(piece.id) === twin.innerHTML) continue;
    served.set(piece.id, twin.innerHTML);
    piece.innerHTML = twin.innerHTML;
  }
}

// A row stays the same element as long as the server says the same of it: what is typed, open or focused there stays.
function arrange(list, clips) {
  let at = list.firstElementChild;
  for (const twin of clips) {
    const html = plain(twin);
    let clip = document.getElementById(twin.id);
    const words = clip && clip.querySelector("textarea"), field = twin.querySelector("textarea");
    const busy = words && words === document.activeElement && listOf(clip) === list;
    if (!clip || (served.get(twin.id) !== html && !busy)) {
      const kept = words && field && own(words.value) !== own(words.dataset.was) ? words.value : null;
      const again = clip && clip.contains(document.activeElement) && sameIn(document.activeElement);
      const made = document.importNode(twin, true);
      if (clip) { if (clip === at) at = clip.nextElementSibling; clip.replaceWith(made); }
      clip = made;
      served.set(twin.id, html);
      enhance(clip);
      if (kept !== null) { clip.querySelector("textarea").value = kept; writing(clip.querySelector("textarea")); }
      if (again) clip.querySelector(again)?.focus();
    } else if (field && own(words.value) === own(words.dataset.was) && !busy) {
      words.dataset.was = field.defaultValue;
      if (own(words.value) !== own(field.defaultValue)) words.value = field.defaultValue;
    }
    if (clip === at) at = at.nextElementSibling;
    else list.insertBefore(clip, at);
  }
}

// What is typed is compared by itself, and a form's token is nothing new.
const plain = (clip) => clip.outerHTML.replaceAll(/name="csrf" value="\w+"|(?<=<textarea[^>]*>)[^<]*/g, "");
const sameIn = (at) => (at.name === "to" ? `button[value="${at.value}"]` : at.className ? `.${at.classList[0]}` : at.localName);

// -- moving ------------------------------------------------------------------------------------------------

async function move(clip, fields, words) {
  const id = clip.dataset.clip;
  let moved = false;
  board.setAttribute("aria-busy", "true");
  try {
    await send(clip.querySelector("[data-move]").action, fields);
    moved = true;
  } catch (error) {
    say(error instanceof TypeError ? "No connection: it lies where it lay." : error.message, true);
  }
  await look().catch(() => {});
  board.removeAttribute("aria-busy");
  const count = document.getElementById("digest-count").textContent;
  if (moved) say(fields.to === "picked" && fields.before === undefined ? `${words} (${count})` : words);
  return document.getElementById(`clip-${id}`);
}

board.addEventListener("submit", async (event) => {
  const form = event.target, clip = form.closest("[data-clip]");
  if (!form.matches("[data-move]") || !event.submitter) return;
  event.preventDefault();
  const list = listOf(clip), to = event.submitter.value, next = clip.nextElementSibling;
  const words = { up: "Up", down: "Down", dismissed: "Laid aside", tray: "In the tray", shortlisted: "On the shortlist", picked: "Picked" };
  let row = await move(clip, { to }, `${words[to]}: ${nameOf(clip)}`);
  const stays = to === "up" || to === "down";
  if (!stays || !row) row = next && next.isConnected && next.matches("[data-clip]") ? next : clipsOf(list).at(-1);
  const button = row && (row.querySelector(`button[value="${to}"]`) || row.querySelector(".grip"));
  if (idle() || (row && document.activeElement.closest("[data-clip]")?.dataset.clip === clip.dataset.clip)) (button || document.getElementById(list.getAttribute("aria-labelledby"))).focus();
});

// Lifted: the row itself wanders through the lists; only when it is put down the studio hears of it.
function lift(clip) {
  held = { clip, from: listOf(clip), after: clip.nextElementSibling };
  clip.classList.add("clip--held");
  clip.querySelector(".grip").setAttribute("aria-pressed", "true");
  board.classList.add("board--moving");
}

function settle() {
  const { clip } = held;
  held = null;
  clip.classList.remove("clip--held");
  clip.querySelector(".grip").setAttribute("aria-pressed", "false");
  board.classList.remove("board--moving");
}

function putBack() {
  const { clip, from, after } = held;
  settle();
  from.insertBefore(clip, after);
}

async function putDown() {
  const { clip, from, after } = held, list = listOf(clip), to = list.dataset.list;
  const still = list === from && clip.nextElementSibling === after;
  const sorted = to === "picked" || to === "shortlisted";
  if (still || (list === from && !sorted)) { putBack(); say(`Left where it was: ${nameOf(clip)}`); return; }
  const next = clip.nextElementSibling, before = sorted && next && next.dataset.clip ? next.dataset.clip : "";
  const words = `${nameOf(clip)}: ${place(clip)}.`;
  settle();
  const row = await move(clip, { to, before }, words);
  if (row && idle()) row.querySelector(".grip").focus();
}

// Whoever has gone on meanwhile is not called back.
const idle = () => document.activeElement === document.body || document.activeElement === null;

function place(clip) {
  const list = listOf(clip), all = clipsOf(list);
  return `${list.dataset.word}, ${all.indexOf(clip) + 1} of ${all.length}`;
}

function step(clip, key) {
  const list = listOf(clip), all = clipsOf(list), at = all.indexOf(clip);
  if (key === "ArrowUp" && at > 0) list.insertBefore(clip, all[at - 1]);
  else if (key === "ArrowDown" && at < all.length - 1) list.insertBefore(clip, all[at + 1].nextElementSibling);
  else if (key === "ArrowLeft" || key === "ArrowRight") {
    const next = lists[lists.indexOf(list) + (key === "ArrowLeft" ? -1 : 1)];
    if (next) next.insertBefore(clip, next === lists[0] ? next.lastElementChild : next.firstElementChild);
  }
  clip.querySelector(".grip").focus();
  clip.scrollIntoView({ block: "nearest" });
  say(`${place(clip)}.`);
}

function grab(event) {
  if (event.button !== 0) return;
  let clip = event.currentTarget.closest("[data-clip]");
  if (held) putBack();
  let ghost = null, timer = 0, last = event;
  const start = { x: event.clientX, y: event.clientY };

  function drag(now) {
    last = now;
    if (!ghost) {
      if (Math.hypot(now.clientX - start.x, now.clientY - start.y) < 5) return;
      clip = document.getElementById(clip.id);  // it may have been drawn anew since the press
      if (!clip) { end(putBack); return; }
      lift(clip);
      ghost = document.createElement("div");
      ghost.className = "ghost";
      ghost.textContent = nameOf(clip);
      document.body.append(ghost);
      timer = setInterval(scroll, 16);
    }
    ghost.style.translate = `${now.clientX + 14}px ${now.clientY + 10}px`;
    const under = document.elementFromPoint(now.clientX, now.clientY);
    const list = under && under.closest("[data-list]"), row = under && under.closest("[data-clip]");
    if (row && row !== clip) {
      const box = row.getBoundingClientRect();
      row.parentElement.insertBefore(clip, now.clientY < box.top + box.height / 2 ? row : row.nextElementSibling);
    } else if (list && !row && listOf(clip) !== list) list.insertBefore(clip, list.lastElementChild);
  }
  function scroll() {
    const by = last.clientY < EDGE ? -12 : last.clientY > innerHeight - EDGE ? 12 : 0;
    if (by) { scrollBy({ top: by, behavior: "instant" }); drag(last); }
  }
  function end(how) {
    removeEventListener("pointermove", drag);
    removeEventListener("pointerup", up);
    removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", escape, true);
    clearInterval(timer);
    if (ghost) { ghost.remove(); if (held) how(); }
  }
  const up = () => end(putDown), cancel = () => end(putBack);
  const escape = (key) => { if (key.key === "Escape") { key.stopPropagation(); end(putBack); say("Left where it was."); } };
  addEventListener("pointermove", drag);  // not captured: a row that wanders through the page loses its pointer
  addEventListener("pointerup", up);
  addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", escape, true);
}

function carry(event) {
  const clip = event.currentTarget.closest("[data-clip]"), mine = held && held.clip === clip;
  if (event.key === " " || event.key === "Enter") {
    event.preventDefault();
    if (mine) { putDown(); return; }
    if (held) putBack();
    lift(clip);
    say(`Lifted ${nameOf(clip)}: ${place(clip)}. Arrow keys move it, Space puts it down, Escape leaves it.`);
  } else if (mine && event.key.startsWith("Arrow")) {
    event.preventDefault();
    step(clip, event.key);
  } else if (mine && (event.key === "Escape" || event.key === "Tab")) {
    putBack();
    event.currentTarget.focus();
    say(`Left where it was: ${nameOf(clip)}`);
  }
}

// -- why it matters ----------------------------------------------------------------------------------------

const lines = new Map();   // the textarea's id -> what goes on with its line
const own = (words) => words.split(/\s+/).filter(Boolean).join(" ");
const unsaved = (field) => own(field.value) !== own(field.dataset.was);
const keyOf = (field) => KEEP + field.id.slice(4);

const kept = (field) => ({ words: "", mine: [], ...JSON.parse(localStorage.getItem(keyOf(field)) || "{}") });

// `mine`: what the line may say at the studio without anybody else having been there, for an answer can get lost.
function keep(field, ...tried) {
  const mine = [...new Set([...kept(field).mine, field.dataset.was, ...tried].map(own))].slice(-8);
  localStorage.setItem(keyOf(field), JSON.stringify({ words: field.value, mine }));
}

function writing(field) {
  const line = lines.get(field.id) || { timer: 0, busy: null, stopped: false };
  lines.set(field.id, line);
  clearTimeout(line.timer);
  if (!unsaved(field)) { localStorage.removeItem(keyOf(field)); tell(field, ""); return; }
  keep(field);
  if (line.stopped) return;
  tell(field, "Not saved yet");
  line.timer = setTimeout(() => save(field.id), REST);
}

function tell(field, words, bad = false) {
  const place = document.getElementById(`why-said-${field.id.slice(4)}`);
  place.textContent = words;
  place.classList.toggle("why__said--bad", bad);
}

// Whatever keeps a line from being saved, it stays in its box and in this browser, and is tried again.
function save(id) {
  const field = document.getElementById(id), line = lines.get(id);
  if (!field || !line || line.stopped || !unsaved(field)) return null;
  clearTimeout(line.timer);
  line.busy ||= saving(id, line).then((pause) => {
    const box = document.getElementById(id);
    line.busy = null;
    if (box && unsaved(box) && !line.stopped) line.timer = setTimeout(() => save(id), pause);
  });
  return line.busy;
}

async function saving(id, line) {
  const field = document.getElementById(id), safe = "Your line is kept in this browser.";
  tell(field, "Saving…");
  keep(field, field.value);
  try {
    const told = await send(field.form.action, { why: field.value, was: field.dataset.was });
    const box = document.getElementById(id) || field;
    box.dataset.was = told.why;
    if (!unsaved(box)) localStorage.removeItem(keyOf(box));
    tell(box, `Saved ${told.at}`);
    look().catch(() => {});
    return REST;
  } catch (error) {
    if (!(error instanceof Refused)) {
      tell(field, `${error instanceof TypeError ? "No connection." : error.message} ${safe}`, true);
      return RETRY;
    }
    const theirs = await look().then((page) => page.getElementById(id)?.defaultValue).catch(() => null);
    const box = document.getElementById(id) || field;
    if (typeof theirs === "string" && kept(box).mine.includes(own(theirs)) && !line.again) { box.dataset.was = theirs; line.again = true; tell(box, "Saving…"); return 0; }
    line.stopped = true;
    tell(box, `${error.message} ${safe}`, true);
    return RETRY;
  } finally { if (line.again && !unsaved(field)) line.again = false; }
}

function restore(field) {
  const { words, mine } = kept(field), use = document.createElement("button");
  const take = () => { field.value = words; writing(field); };
  if (!localStorage.getItem(keyOf(field))) return;
  if (own(words) === own(field.value)) localStorage.removeItem(keyOf(field));
  else if (mine.includes(own(field.value))) take();
  else {
    tell(field, `Another line was saved meanwhile. Yours is kept in this browser: “${own(words)}” `, true);
    use.type = "button";
    use.className = "button button--small button--plain";
    use.textContent = "Use mine";
    use.addEventListener("click", take);
    document.getElementById(`why-said-${field.id.slice(4)}`).append(use);
  }
}

function retry() {
  if (!document.hidden) for (const id of lines.keys()) save(id);
}

// The draft is made of what the studio knows: what is still being written goes there first.
document.getElementById("digest-draft").addEventListener("submit", async (event) => {
  const open = [...lines.keys()].filter((id) => { const field = document.getElementById(id); return field && unsaved(field); });
  if (!open.length) return;
  event.preventDefault();
  await Promise.all(open.map(save));
  const left = open.map((id) => document.getElementById(id)).find((field) => field && unsaved(field));
  if (left) { say("A line could not be saved, so nothing was drafted.", true); left.focus(); }
  else event.target.requestSubmit();
});

addEventListener("online", retry);
addEventListener("focus", () => { if (lines.size) look().catch(() => {}).finally(retry); });
addEventListener("pagehide", () => { for (const id of lines.keys()) save(id); });

// -- rows --------------------------------------------------------------------------------------------------

function enhance(clip) {
  const grip = clip.querySelector(".grip"), field = clip.querySelector("textarea");
  grip.hidden = false;
  grip.setAttribute("aria-pressed", "false");
  grip.addEventListener("pointerdown", grab);
  grip.addEventListener("keydown", carry);
  if (!field) return;
  field.dataset.was = field.defaultValue;
  clip.querySelector(".why__foot button").hidden = true;
  field.addEventListener("input", () => { const line = lines.get(field.id); if (line) line.stopped = false; writing(field); });
  field.addEventListener("blur", () => save(field.id));
  field.form.addEventListener("submit", (event) => { event.preventDefault(); save(field.id); });
}

for (const clip of board.querySelectorAll("[data-clip]")) { served.set(clip.id, plain(clip)); enhance(clip); }
for (const piece of document.querySelectorAll("[data-live]")) served.set(piece.id, piece.innerHTML);
for (const field of board.querySelectorAll("textarea")) restore(field);
document.getElementById("bookmarklet").addEventListener("click", (event) => {
  event.preventDefault();
  say("Drag it to your bookmarks bar; it works from the page you want to keep.");
});

async function watch(turn) {
  if (!document.hidden && !held && board.querySelector("[data-waiting]")) await look().catch(() => {});
  const more = board.querySelector("[data-waiting]");
  if (more && turn < 60) setTimeout(() => watch(turn + 1), POLL[Math.min(turn, POLL.length - 1)]);
}
setTimeout(() => watch(0), POLL[0]);

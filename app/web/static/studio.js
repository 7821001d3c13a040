// The studio works without this file. With it: a preview that follows the writing, words that survive a closed
// window, and a ledger that counts along.

const WAIT = 450;
const POLL = 2000;
const QUIET = 4000;
const LONGEST = 400_000;  // as in issues/writing.py

function follow(form) {
  const stage = document.getElementById("stage");
  const segments = [...document.querySelectorAll(".segment")];
  let timer = 0, shown = "desktop", running = false, again = false;

  function refresh() {
    if (form.elements.markdown.value.length > LONGEST) return;
    if (running) { again = true; return; }
    running = true;
    again = false;
    const old = stage.querySelector("iframe:not(.arriving)");
    const fresh = old.cloneNode(false);
    fresh.removeAttribute("src");
    fresh.name = `preview-${Date.now()}`;
    fresh.className = "arriving";
    stage.append(fresh);
    let scroll = 0;
    try { scroll = old.contentWindow.scrollY; } catch { /* it shows somebody else's page */ }
    const letter = document.createElement("form");
    letter.method = "post";
    letter.action = form.dataset.preview;
    letter.target = fresh.name;
    letter.hidden = true;
    const words = new FormData(form);
    words.set("form", shown);
    for (const [name, value] of words) {
      if (name === "then") continue;
      const field = document.createElement("textarea");
      field.name = name;
      field.value = value;
      letter.append(field);
    }
    document.body.append(letter);
    const done = () => {
      if (!fresh.contentDocument || fresh.contentDocument.URL === "about:blank") return;
      fresh.removeEventListener("load", done);
      stage.dataset.form = shown;
      fresh.contentWindow.scrollTo(0, scroll);
      fresh.className = "";
      fresh.name = "preview";
      old.remove();
      running = false;
      if (again) refresh();
    };
    fresh.addEventListener("load", done);
    letter.submit();
    letter.remove();
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    if (shown !== "check") timer = setTimeout(refresh, WAIT);  // a check asks other people's servers: only when told to
  });
  document.getElementById("read-as")?.addEventListener("change", refresh);
  for (const segment of segments) {
    segment.addEventListener("click", (event) => {
      event.preventDefault();
      shown = segment.value;
      for (const each of segments) each.setAttribute("aria-pressed", String(each === segment));
      refresh();
    });
  }
}

function keep(form) {
  const key = `handoff:issue:${form.dataset.issue}`;
  const names = ["title", "subject", "preheader", "markdown"];
  const read = () => Object.fromEntries(names.map((name) => [name, form.elements[name].value]));
  let saved = JSON.stringify(read());
  const status = document.getElementById("saved");
  const offer = document.getElementById("kept");
  let leaving = false, quiet = 0, saving = false, stopped = "quarrel" in form.dataset;

  const kept = localStorage.getItem(key);
  if (document.querySelector(".notice--good")) localStorage.removeItem(key);
  else if (kept && kept !== saved && !document.getElementById("complaint")) {
    offer.hidden = false;
    document.getElementById("kept-restore").addEventListener("click", () => {
      const words = JSON.parse(kept);
      for (const name of names) form.elements[name].value = words[name] ?? "";
      offer.hidden = true;
      form.dispatchEvent(new Event("input"));
    });
    document.getElementById("kept-forget").addEventListener("click", () => {
      localStorage.removeItem(key);
      offer.hidden = true;
    });
  }
  form.addEventListener("input", () => {
    const words = JSON.stringify(read());
    try {
      if (words === saved) localStorage.removeItem(key);
      else localStorage.setItem(key, words);
    } catch { /* there is no room for so many words */ }
    if (tooLong()) return;
    if (status && !stopped) status.textContent = words === saved ? "" : "Not saved yet";
    clearTimeout(quiet);
    if (words !== saved) quiet = setTimeout(save, QUIET);
  });

  // Saved by itself once the keys rest. Whatever keeps it from being saved, the words stay here and in localStorage.
  async function save() {
    if (saving || stopped || leaving || tooLong()) return;
    const words = JSON.stringify(read());
    if (words === saved) return;
    saving = true;
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST", body: new FormData(form), redirect: "manual", headers: { Accept: "application/json" },
      });
      if (answer.type === "opaqueredirect") {
        say("Your session has ended. Your words are kept in this browser: sign in again in another tab.");
      } else if (answer.ok) {
        const told = await answer.json();
        form.elements.version.value = told.version;
        form.dataset.version = told.version;
        saved = words;
        if (JSON.stringify(read()) === saved) {
          localStorage.removeItem(key);
          say(`Saved ${told.at}`);
        }
      } else {
        const told = await answer.json().catch(() => ({ message: "It could not be saved just now." }));
        stopped = answer.status === 409;
        say(`${told.message.split(". ")[0].replace(/\.$/, "")}. Your words are kept in this browser.`);
      }
    } catch {
      say("No connection. Your words are kept in this browser.");
    }
    saving = false;
    if (JSON.stringify(read()) !== saved && !stopped) quiet = setTimeout(save, QUIET);
  }

  function tooLong() {
    const length = form.elements.markdown.value.length;
    if (length <= LONGEST) return false;
    say(`Not saved: the text has ${length.toLocaleString("en")} characters, and a letter has at most ${LONGEST.toLocaleString("en")}.`);
    return true;
  }

  function say(words) { if (status) status.textContent = words; }

  form.addEventListener("submit", (event) => {
    if (tooLong()) {
      event.preventDefault();
      return;
    }
    if (event.submitter && event.submitter.name === "form") return;
    leaving = true;
    clearTimeout(quiet);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && JSON.stringify(read()) !== saved && !form.elements.markdown.readOnly) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const button = document.getElementById("save");
    if ((event.ctrlKey || event.metaKey) && event.key === "s" && button) {
      event.preventDefault();
      form.requestSubmit(button);
    }
  });
}

function count(numbers) {
  async function look() {
    if (!numbers.querySelector("[data-running]")) return;
    if (!document.hidden && !numbers.contains(document.activeElement)) {
      try {
        const answer = await fetch(numbers.dataset.from, { headers: { Accept: "text/html" } });
        if (answer.ok && !answer.redirected) numbers.innerHTML = await answer.text();
      } catch { /* the next look may succeed */ }
    }
    setTimeout(look, POLL);
  }
  setTimeout(look, POLL);
}

const form = document.getElementById("words");
if (form) {
  follow(form);
  if (!form.elements.markdown.readOnly) keep(form);
  const subject = form.elements.subject, hint = document.getElementById("subject-more");
  subject.addEventListener("input", () => {
    if (hint) hint.textContent = hint.textContent.replace(/\d+(?= characters;)/, [...subject.value].length);
  });
}
const toolbar = document.getElementById("toolbar");
if (form && toolbar) {
  const tools = [...toolbar.querySelectorAll("button")];
  toolbar.hidden = false;
  toolbar.addEventListener("click", ({ target }) => {
    const tool = target.closest("button"), text = form.elements.markdown;
    if (!tool) return;
    const { before, after } = tool.dataset, { selectionStart: from, selectionEnd: to } = text;
    const words = text.value.slice(from, to);
    text.focus();
    const put = before + words + after;
    if (!document.execCommand("insertText", false, put)) text.setRangeText(put, from, to);  // keeps Undo where it can
    text.setSelectionRange(from + before.length, from + before.length + words.length);
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  toolbar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tools[(tools.indexOf(document.activeElement) + step + tools.length) % tools.length];
    for (const tool of tools) tool.tabIndex = tool === next ? 0 : -1;
    next.focus();
  });
}
const picture = document.getElementById("picture");
if (form && picture) {
  picture.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = document.getElementById("picture-said");
    told.textContent = "On its way…";
    try {
      const answer = await fetch(picture.action, {
        method: "POST", body: new FormData(picture), redirect: "manual", headers: { Accept: "application/json" },
      });
      const { markdown, message } = await answer.json();
      if (markdown) {
        const text = form.elements.markdown;
        text.setRangeText(`\n\n${markdown}\n\n`, text.selectionEnd, text.selectionEnd, "end");
        text.dispatchEvent(new Event("input", { bubbles: true }));
        picture.reset();
      }
      told.textContent = markdown ? "It stands in the text." : message;
    } catch { told.textContent = "It could not be sent. Your session may have ended, or it is larger than 8 MB."; }
  });
}
const other = document.querySelector("input[name=slot][value=other]"), date = document.getElementById("date");
if (other && date) {  // who types a date means it, and who takes a slot after all does not
  date.addEventListener("input", () => { if (date.value) other.checked = true; });
  for (const slot of document.getElementsByName("slot")) {
    if (slot !== other) slot.addEventListener("change", () => { date.value = ""; });
  }
}
const numbers = document.getElementById("numbers");
if (numbers) count(numbers);

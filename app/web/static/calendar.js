// Moving an issue to another free slot by hand or by keyboard. It fills in and sends the form that is there without this
// file; the server decides.

const list = document.getElementById("slots");
const said = document.getElementById("grip-said");
const EDGE = 70;
const FAR = 6;

function freeSlots(slot) {
  return [...list.querySelectorAll(`.slot[data-free][data-kind="${slot.dataset.kind}"]`)];
}

function move(slot, to) {
  const form = slot.querySelector("details form");
  form.elements.date.value = to.dataset.date;
  form.elements.time.value = to.dataset.time;
  form.requestSubmit();
}

function mark(slot, to) {
  for (const each of list.querySelectorAll(".slot--target")) each.classList.remove("slot--target");
  if (to) to.classList.add("slot--target");
  slot.classList.add("slot--lifted");
  list.dataset.moving = slot.dataset.kind;
}

function leave(slot) {
  slot.classList.remove("slot--lifted");
  slot.style.transform = "";
  delete list.dataset.moving;
  for (const each of list.querySelectorAll(".slot--target")) each.classList.remove("slot--target");
}

function byPointer(grip, slot) {
  let from = null, target = null;
  grip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY + window.scrollY };
    grip.setPointerCapture(event.pointerId);
  });
  grip.addEventListener("pointermove", (event) => {
    if (!from) return;
    const x = event.clientX - from.x, y = event.clientY + window.scrollY - from.y;
    if (!slot.classList.contains("slot--lifted") && Math.hypot(x, y) < FAR) return;
    slot.style.transform = `translate(${x}px, ${y}px)`;
    if (event.clientY < EDGE) window.scrollBy(0, -16);
    if (event.clientY > window.innerHeight - EDGE) window.scrollBy(0, 16);
    slot.classList.add("slot--lifted");
    const under = document.elementFromPoint(event.clientX, event.clientY);
    const over = under && under.closest(".slot[data-free]");
    target = over && over.dataset.kind === slot.dataset.kind ? over : null;
    mark(slot, target);
  });
  const drop = (event) => {
    if (!from) return;
    const lifted = slot.classList.contains("slot--lifted"), to = target;
    from = target = null;
    leave(slot);
    if (event.type === "pointerup" && lifted && to) move(slot, to);
    if (lifted) grip.dataset.dragged = "yes";
  };
  grip.addEventListener("pointerup", drop);
  grip.addEventListener("pointercancel", drop);
}

function byKeyboard(grip, slot) {
  let at = -1;
  const title = grip.getAttribute("aria-label").replace(/^Move /, "");
  const stop = (words) => {
    at = -1;
    leave(slot);
    grip.setAttribute("aria-pressed", "false");
    said.textContent = words;
  };
  grip.setAttribute("aria-pressed", "false");
  grip.addEventListener("click", () => {
    if (grip.dataset.dragged) { delete grip.dataset.dragged; return; }
    const free = freeSlots(slot);
    if (at >= 0) {
      const to = free[at];
      stop(`${title} moves to ${to.dataset.words}.`);
      move(slot, to);
      return;
    }
    if (!free.length) { said.textContent = "There is no free slot to move it to."; return; }
    const after = free.findIndex((each) => slot.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING);
    at = after < 0 ? free.length - 1 : after;
    grip.setAttribute("aria-pressed", "true");
    mark(slot, free[at]);
    said.textContent = `${title} is lifted. ${free[at].dataset.words}.`;
  });
  grip.addEventListener("keydown", (event) => {
    if (at < 0) return;
    const free = freeSlots(slot);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step) {
      event.preventDefault();
      at = Math.min(free.length - 1, Math.max(0, at + step));
      mark(slot, free[at]);
      free[at].scrollIntoView({ block: "nearest" });
      said.textContent = `${free[at].dataset.words}.`;
    } else if (event.key === "Escape") {
      stop(`${title} stays where it was.`);
    }
  });
  grip.addEventListener("blur", () => { if (at >= 0) stop(`${title} stays where it was.`); });
}

for (const grip of list ? list.querySelectorAll(".slot__grip") : []) {
  const slot = grip.closest(".slot");
  grip.hidden = false;
  byPointer(grip, slot);
  byKeyboard(grip, slot);
}

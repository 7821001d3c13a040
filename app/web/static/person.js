/* Presses a form's button on the first sign of a person, so that nobody needs an extra page or an extra press.

   Link scanners open pages and some run their scripts, but they do not move a hand. Events made by a script are not
   trusted, scrolling and focus can come from a program, so they do not count; a page in the background waits.
   Without this script the button works by itself. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-person]");
  if (!form || navigator.webdriver) return;

  const SIGNS = ["pointermove", "pointerdown", "touchstart", "wheel", "keydown"];
  const opened = performance.now();
  let last = null;
  let done = false;

  const isPerson = (event) => {
    if (!event.isTrusted || document.visibilityState !== "visible") return false;
    if (performance.now() - opened < 250) return false;
    if (event.type !== "pointermove") return true;
    // A browser reports the resting pointer once when a page appears under it: only a second place is movement.
    const before = last;
    last = event;
    return before !== null && (before.screenX !== event.screenX || before.screenY !== event.screenY);
  };

  const stop = () => SIGNS.forEach((sign) => window.removeEventListener(sign, notice, true));

  const replace = async () => {
    const button = form.querySelector("button");
    if (button) button.setAttribute("aria-disabled", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const main = page.querySelector("main");
      if (!main) throw new Error("no page came back");
      document.querySelector("main").replaceWith(main);
      document.title = page.title;
      // The button that had the focus is gone: whoever listens or uses the keyboard goes on at the new heading.
      const heading = main.querySelector("h1");
      if (heading) {
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
      }
    } catch {
      form.submit();
    }
  };

  const press = () => {
    if (done) return;
    done = true;
    stop();
    if (form.dataset.person === "replace") void replace();
    else form.requestSubmit();
  };

  const notice = (event) => {
    // Whoever presses the button itself, or leaves by a link, needs no help.
    if (event.target instanceof Element && event.target.closest("button, a, input")) {
      if (event.type !== "pointermove" && event.type !== "wheel") return;
    }
    if (isPerson(event)) press();
  };

  form.addEventListener("submit", (event) => {
    stop();
    done = true;
    if (form.dataset.person === "replace") {
      event.preventDefault();
      void replace();
    } else {
      document.querySelectorAll("[data-person-done]").forEach((note) => { note.hidden = false; });
    }
  });
  SIGNS.forEach((sign) => window.addEventListener(sign, notice, { capture: true, passive: true }));
})();

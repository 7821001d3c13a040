/* Copy buttons of an invitation. Without scripts the fields can be marked and copied by hand. */
(() => {
  "use strict";
  const said = document.querySelector("[data-copied]");
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy-field]")) {
    const field = document.getElementById(button.dataset.copyField);
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(field.value);
        said.textContent = button.dataset.done;
      } catch {
        field.select();
      }
    });
  }
})();

/* Copying a page's address, and the phone's own way of sharing; without scripts the links beside them do the same.
   Their places are kept free from the start, so that nothing moves when they appear. */
(() => {
  "use strict";
  const said = document.querySelector("[data-share-said]");
  const address = document.querySelector("link[rel=canonical]")?.href || location.href;

  const copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.dataset.ready = "";
    copy.querySelector("button").addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(address);
        said.textContent = "The link is copied.";
      } catch {
        said.textContent = address;
      }
    });
  }

  const native = document.querySelector("[data-native-share]");
  if (native && navigator.share) {
    native.dataset.ready = "";
    native.querySelector("button").addEventListener("click", () => {
      navigator.share({ title: document.title, url: address }).catch(() => {});
    });
  }
})();

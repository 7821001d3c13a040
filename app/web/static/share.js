/* Copying a page's address, and the phone's own way of sharing; without scripts the links beside them do the same. */
(() => {
  "use strict";
  const said = document.querySelector("[data-share-said]");
  const address = document.querySelector("link[rel=canonical]")?.href || location.href;

  const copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
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
    native.hidden = false;
    native.querySelector("button").addEventListener("click", () => {
      navigator.share({ title: document.title, url: address }).catch(() => {});
    });
  }
})();

/* Copies the page that linked here into the forms, for the author's list of sources. Nothing is kept in the browser. */
(() => {
  "use strict";
  for (const field of document.querySelectorAll("[data-came-from]")) field.value = document.referrer;
})();

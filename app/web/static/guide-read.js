/* Remembers, in this browser only, which chapters have been read to their end, and shows it in the contents. */
(() => {
  "use strict";
  const page = document.querySelector("[data-guide]");
  if (!page) return;
  const key = `guide:${page.dataset.guide}`;

  const load = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "[]");
      return new Set(Array.isArray(kept) ? kept : []);
    } catch {
      return new Set();
    }
  };

  const article = page.querySelector("article[data-chapter]");
  if (article) {
    const end = page.querySelector(".guide-turn");
    const mark = () => {
      try {
        localStorage.setItem(key, JSON.stringify([...load().add(article.dataset.chapter)]));
      } catch { /* storage is full or forbidden: nothing is lost but a mark */ }
    };
    const watch = new IntersectionObserver((seen) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      watch.disconnect();
      mark();
    });
    watch.observe(end);
    end.querySelector(".guide-turn__after").addEventListener("click", mark);
    return;
  }

  const read = load();
  const chapters = [...page.querySelectorAll("li[data-chapter]")];
  const done = chapters.filter((chapter) => read.has(chapter.dataset.chapter));
  done.forEach((chapter) => { chapter.querySelector("[data-read]").hidden = false; });
  const note = page.querySelector("[data-read-so-far]");
  if (done.length > 0) {
    const next = chapters.find((chapter) => !read.has(chapter.dataset.chapter));
    note.textContent = `You have read ${done.length} of ${chapters.length} chapters here. `;
    if (next) {
      const link = next.querySelector("a").cloneNode(true);
      link.textContent = `Go on with “${link.textContent}”`;
      note.append(link);
    }
    note.hidden = false;
  }
})();

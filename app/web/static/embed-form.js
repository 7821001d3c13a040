/* For the sign-up form on other sites. It fetches a stamp when somebody begins to type, works for it when asked to
   (SHA-256 with leading zeros, only while there is an attack), sends the form and says what came of it, in place.
   Without this script the form is sent as any other, and a page of ours asks for one more press. */
(() => {
  "use strict";
  const K = [], H = [];
  for (let n = 2; K.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (H.length < 8) H.push((Math.sqrt(n) % 1) * 2 ** 32 | 0);
    K.push((Math.cbrt(n) % 1) * 2 ** 32 | 0);
  }
  const turn = (x, by) => (x >>> by) | (x << (32 - by));

  // The first word of SHA-256 (FIPS 180-4) of a text of plain ASCII: no proof asks for more than 32 bits.
  const firstWord = (text) => {
    const blocks = ((text.length + 8) >> 6) + 1, m = new Int32Array(blocks * 16), w = new Int32Array(64);
    for (let i = 0; i < text.length; i++) m[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
    m[text.length >> 2] |= 128 << (24 - (text.length % 4) * 8);
    m[blocks * 16 - 1] = text.length * 8;
    const h = H.slice();
    for (let at = 0; at < m.length; at += 16) {
      let [a, b, c, d, e, f, g, z] = h;
      for (let i = 0; i < 64; i++) {
        if (i < 16) w[i] = m[at + i];
        else {
          const p = w[i - 15], q = w[i - 2];
          w[i] = (w[i - 16] + (turn(p, 7) ^ turn(p, 18) ^ (p >>> 3)) + w[i - 7] + (turn(q, 17) ^ turn(q, 19) ^ (q >>> 10))) | 0;
        }
        const one = (z + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        z = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
      }
      [a, b, c, d, e, f, g, z].forEach((value, i) => { h[i] = (h[i] + value) | 0; });
    }
    return h[0] >>> 0;
  };

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  const solve = async (stamp, bits) => {
    if (!bits) return "";
    for (let n = 0; ; n++) {
      if (firstWord(`${stamp}.${n}`) >>> (32 - bits) === 0) return String(n);
      if (n % 4000 === 3999) await pause(0); // the page stays alive
    }
  };

  const WAIT = 2600; // a stamp younger than two seconds is refused, and its time is in whole seconds
  const again = document.querySelector("form[data-proof]");
  if (again) {
    again.querySelector("[data-proof-said]").textContent = "One moment…";
    const opened = performance.now();
    solve(again.elements.stamp.value, Number(again.dataset.proof)).then(async (answer) => {
      again.elements.answer.value = answer;
      await pause(Math.max(0, WAIT - (performance.now() - opened)));
      again.submit();
    });
  }

  for (const form of document.querySelectorAll("form[data-handoff]")) {
    const root = form.action.replace(/\/join$/, "");
    const said = form.querySelector("[data-said]");
    let proof = null, at = 0;
    const fetchStamp = async () => {
      proof = await (await fetch(`${root}/stamp`)).json();
      at = performance.now();
    };
    form.addEventListener("focusin", () => { proof ?? fetchStamp().catch(() => {}); }, { once: true });

    const send = async (tries) => {
      if (!proof) await fetchStamp();
      const answer = await solve(proof.stamp, proof.bits);
      await pause(Math.max(0, WAIT - (performance.now() - at)));
      const body = new URLSearchParams(new FormData(form));
      body.set("stamp", proof.stamp);
      body.set("answer", answer);
      const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const told = await response.json();
      if (told.state === "prove" && tries > 0) {
        proof = told;
        at = performance.now();
        return send(tries - 1);
      }
      proof = null;
      if (told.state === "sent") {
        form.reset();
        said.textContent = "Check your mail: a link to confirm your address is on its way.";
      } else said.textContent = told.errors ? Object.values(told.errors).join(" ") : told.error || "That did not work. Please try again.";
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      said.textContent = "One moment…";
      send(2).catch(() => form.submit());
    });
  }
})();

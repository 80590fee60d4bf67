// Makes pages handier where scripts run; every page works without it. No inline code, no storage, talks to its own origin only.
"use strict";
(() => {
  const all = (what) => document.querySelectorAll(what);
  const digits = (text) => text.normalize("NFKC").replace(/[٠-٩۰-۹]/g, (d) => d.charCodeAt() & 15).replace(/\D/g, "").slice(0, 8);

  // What went wrong is read first.
  document.querySelector("[role=alert][tabindex]")?.focus();

  // What is true only where scripts run is said only there.
  all("[data-scripted]").forEach((words) => words.removeAttribute("hidden"));

  // A form leaves once. Coming back with the Back button makes it usable again.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("data-again")) return;
    if (form.ariaBusy === "true") event.preventDefault();
    form.ariaBusy = "true";
  });
  addEventListener("pageshow", () => all("[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));

  // A code may be pasted with whatever stands around it, in any digits.
  all("input.code").forEach((input) => {
    input.addEventListener("paste", (event) => {
      const found = digits(event.clipboardData.getData("text"));
      if (!found) return;
      event.preventDefault();
      input.value = found.replace(/(.{4})(?=.)/, "$1 ");
    });
  });

  // The tab that waits goes on by itself once this browser is signed in: the answer is { "go": "/path" } or nothing.
  all("[data-wait]").forEach((place) => {
    const started = Date.now();
    const ask = async () => {
      if (Date.now() - started > 15 * 60e3) return;
      try {
        const answer = document.hidden ? {} : await (await fetch(place.dataset.wait, { headers: { Accept: "application/json" } })).json();
        const to = answer.go && new URL(answer.go, location.href);
        if (to && to.origin === location.origin) return location.replace(to);
      } catch { /* offline or late: the next round asks again */ }
      setTimeout(ask, 3000);
    };
    setTimeout(ask, 3000);
  });
})();

// Shortens work where JavaScript runs; every page is complete without it.
(() => {
  const on = (name, run) => document.addEventListener(name, run);

  // "Sending…" on the pressed button; the button stays enabled, the server recognises a repeat.
  on("submit", (event) => {
    const button = event.submitter;
    if (!button?.dataset.sending) return;
    button.dataset.words = button.textContent;
    button.textContent = button.dataset.sending;
    button.setAttribute("aria-busy", "true");
  });
  // A page that comes back from the browser's memory shows its button as it was.
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[aria-busy][data-words]")) {
      button.textContent = button.dataset.words;
      button.removeAttribute("aria-busy");
    }
  });

  on("click", async (event) => {
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) {
      const input = document.getElementById(reveal.dataset.reveal);
      const hidden = input.type === "password";
      input.type = hidden ? "text" : "password";
      [reveal.textContent, reveal.dataset.hide] = [reveal.dataset.hide, reveal.textContent];
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.querySelector("[role=status]").textContent = copy.dataset.done;
    }
    if (event.target.closest("[data-print]")) print();
    for (const open of document.querySelectorAll("details.look[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  on("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.look[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });

  // A payment that waits for the bank, a file that is being made: the page comes anew once there is an answer, never
  // before. After ten minutes of looking at it, the link on the page asks.
  if (document.querySelector("[data-again]")) {
    let tries = 240;
    const timer = setInterval(async () => {
      if (document.hidden) return;
      tries -= 1;
      if (!tries) clearInterval(timer);
      const answer = await fetch(location.href, { headers: { "X-Progress": "1" } }).catch(() => null);
      if (answer?.ok && !(await answer.text()).includes("data-again")) location.reload();
    }, 2500);
  }

  for (const hidden of document.querySelectorAll("[data-reveal][hidden], [data-copy][hidden], [data-print][hidden]")) hidden.hidden = false;
})();

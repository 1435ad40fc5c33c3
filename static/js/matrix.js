// The table of readings: keys move in a column, a row is saved by itself, unsaved rows are marked. Works without it, row by row.
(() => {
  const region = document.querySelector("[data-matrix]");
  if (!region) return;
  const table = region.querySelector("table");
  const CELL = "td input:not([type=hidden]):not([type=checkbox])";
  const rowOf = (element) => element.closest("tbody");
  const editable = (input) => !input.readOnly;

  // The field at the same place of the next flat that has one there.
  const neighbour = (input, step) => {
    const cell = input.closest("td");
    const place = [...cell.querySelectorAll("input")].indexOf(input);
    let row = rowOf(input);
    while ((row = step > 0 ? row.nextElementSibling : row.previousElementSibling)) {
      const there = row.rows?.[0]?.cells[cell.cellIndex]?.querySelectorAll("input")[place];
      if (there && editable(there)) return there;
    }
    return null;
  };
  const save = async (row) => {
    const form = row.querySelector("form");
    if (!form || row.hasAttribute("aria-busy")) return;
    const body = new FormData(form);
    row.setAttribute("aria-busy", "true");
    const held = row.contains(document.activeElement) ? [...row.querySelectorAll("input, button")].indexOf(document.activeElement) : -1;
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Row": "1" } }).catch(() => null);
    if (!answer || answer.redirected || !(answer.ok || answer.status === 422)) {
      row.classList.remove("unsaved"); // the whole page follows and says what happened
      form.submit();
      return;
    }
    const fresh = document.createElement("template");
    fresh.innerHTML = `<table>${(await answer.text()).trim()}</table>`;
    const next = fresh.content.querySelector("tbody");
    row.replaceWith(next);
    const wrong = next.querySelector("[aria-invalid=true]") || (answer.status === 422 && next.querySelector("[type=checkbox]"));
    if (wrong) wrong.focus();
    else if (held >= 0) next.querySelectorAll("input, button")[held]?.focus();
  };

  table.addEventListener("input", (event) => {
    if (event.target.matches(CELL)) rowOf(event.target).classList.add("unsaved");
  });
  table.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, Enter: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches?.(CELL)) return;
    event.preventDefault();
    const row = rowOf(event.target);
    const next = neighbour(event.target, step);
    next?.focus();
    next?.select();
    if (event.key === "Enter" && row.classList.contains("unsaved")) save(row);
  });
  document.addEventListener("submit", (event) => {
    const row = event.target.closest("[data-matrix] tbody");
    if (!row) return;
    event.preventDefault();
    save(row);
  });
  addEventListener("beforeunload", (event) => {
    if (table.querySelector(".unsaved")) event.preventDefault();
  });
})();

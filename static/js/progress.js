// Shows how far the worker is: asks for the same page every two seconds, and opens it anew once the work is done.
(() => {
  const EVERY = 2000;
  const find = (root) => root.querySelector("[data-progress]");
  const region = find(document);
  if (!region) return;

  const look = async () => {
    const answer = document.hidden ? null : await fetch(location.href, { headers: { "X-Progress": "1" } }).catch(() => null);
    if (answer && answer.status < 500) {
      const fresh = find(new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (!fresh) {
        location.reload();
        return;
      }
      // Said again only when it is something new: the region is read aloud.
      if (fresh.innerHTML !== region.innerHTML) region.replaceChildren(...fresh.childNodes);
    }
    setTimeout(look, EVERY);
  };
  setTimeout(look, EVERY);
})();

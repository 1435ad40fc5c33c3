// Passkeys: the browser asks for a fingerprint, a face or the code of the lock, and its answer is sent with the form.
// What needs this is hidden until it runs in a browser that knows passkeys; codes work without it.
(() => {
  if (!globalThis.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const keys = (list) => (list ?? []).map((key) => ({ ...key, id: bytes(key.id) }));

  // The options of the server, as the browser wants them: bytes instead of letters.
  const understood = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: keys(options.allowCredentials),
    excludeCredentials: keys(options.excludeCredentials),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
  });
  const answerOf = (key) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (key.response[name]) response[name] = text(key.response[name]);
    }
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response });
  };

  const ask = async (form) => {
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    const answer = await fetch(form.dataset.options, { method: "POST", headers });
    if (answer.redirected) return location.reload(); // the ten minutes are over: the page leads to the confirmation
    const options = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(answer.status), { refusal: options.refusal });
    const publicKey = understood(options);
    const key = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.credential.value = answerOf(key);
    form.submit();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("button");
    const trouble = form.querySelector("[data-trouble]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.hasAttribute("aria-busy")) return event.stopPropagation();
      trouble.hidden = true;
      try {
        await ask(form);
      } catch (error) {
        button.textContent = button.dataset.words; // portal.js has put "Waiting…" there
        button.removeAttribute("aria-busy");
        // The person thought better of it, or this device has no such passkey: browsers do not tell which.
        const cancelled = ["NotAllowedError", "AbortError"].includes(error.name) && form.dataset.cancelled;
        trouble.textContent = error.refusal || cancelled || (error.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed);
        trouble.hidden = false;
      }
    });
  }
  for (const one of document.querySelectorAll("[data-with-passkeys]")) one.hidden = false;
  for (const one of document.querySelectorAll("[data-without-passkeys]")) one.hidden = true;
})();

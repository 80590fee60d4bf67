// Makes and shows passkeys on pages of staff. The form stays hidden where a browser cannot; a recovery code needs no script.
"use strict";
(() => {
  if (!window.PublicKeyCredential) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt());
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const ceremony = async (form) => {
    const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
    const asked = await fetch(form.dataset.options, { method: "POST", body });
    if (asked.redirected && form.dataset.againUrl) return location.assign(form.dataset.againUrl);
    if (asked.redirected || !asked.ok) throw new Error("no options");
    const options = await asked.json();
    options.challenge = bytes(options.challenge);
    let made;
    if (form.dataset.passkey === "create") {
      options.user.id = bytes(options.user.id);
      options.excludeCredentials = named(options.excludeCredentials);
      made = await navigator.credentials.create({ publicKey: options });
    } else {
      options.allowCredentials = named(options.allowCredentials);
      made = await navigator.credentials.get({ publicKey: options });
    }
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (made.response[part]) response[part] = text(made.response[part]);
    form.elements.answer.value = JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} });
    form.submit();
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const failed = document.querySelector("[data-failed]");
      try { await ceremony(form); } catch {
        form.removeAttribute("aria-busy");
        if (failed) failed.hidden = false;
      }
    });
  });
})();

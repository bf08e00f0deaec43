// Takes from htmx what the content security policy forbids anyway: code in attributes.
function refuse() {
  throw new Error("Code in hx-* attributes is switched off.");
}

htmx.registerExtension("no-eval", { init: (api) => api.initSecurity(null, refuse, refuse) });

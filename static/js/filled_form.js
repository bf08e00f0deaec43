// Another choice fills the form: a morph writes attributes, and what somebody has touched since does
// not follow them by itself. Only where the choice fills fields: <… data-fills>.
const FILLED = ["host", "port", "username", "name"];

const follow = (form) => {
  for (const name of FILLED) form.elements[name].value = form.elements[name].defaultValue;
  for (const box of form.querySelectorAll("[type=radio], [type=checkbox]")) box.checked = box.defaultChecked;
  for (const option of form.querySelectorAll("option")) option.selected = option.defaultSelected;
};

document.addEventListener("htmx:after:swap", (event) => {
  const source = event.detail.ctx.sourceElement;
  const form = document.getElementById("provider-form");
  if (form && source.matches("[data-fills]")) follow(form);
});

// The usual port follows the encryption; a port that somebody typed does not.
const PORTS = { tls: "587", ssl: "465", none: "25" };

document.addEventListener("change", (event) => {
  if (!event.target.matches("#provider-form [name=encryption]")) return;
  const { port } = event.target.form.elements;
  if (Object.values(PORTS).includes(port.value)) port.value = PORTS[event.target.value];
});

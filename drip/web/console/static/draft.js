// The draft's page: nothing unsaved is left by accident, a preview stays while its text has a mistake, and a finding
// leads to its place. Without this file everything is done by the buttons.
const form = document.getElementById("draft");
let unsaved = "unsaved" in form.dataset;

function isText(field) { return (field.name || "").startsWith("file:"); }

form.addEventListener("input", event => {
  if (!isText(event.target)) return;
  unsaved = true;
  document.getElementById("unsaved").hidden = false;
});
form.addEventListener("submit", () => { unsaved = false; });
window.addEventListener("beforeunload", event => { if (unsaved) event.preventDefault(); });

// Whoever writes a message sees that one.
form.addEventListener("focusin", event => {
  const {step, language} = event.target.dataset;
  if (!step) return;
  const chosen = {step, language: language || "en"};
  let isOther = false;
  for (const [name, value] of Object.entries(chosen)) {
    const field = document.getElementById(name);
    if (field.value === value || ![...field.options].some(one => one.value === value)) continue;
    field.value = value;
    isOther = true;
  }
  if (isOther) form.dispatchEvent(new Event("chosen"));
});

document.addEventListener("click", event => {
  const link = event.target.closest("a[data-box]");
  if (!link) return;
  event.preventDefault();
  const area = document.getElementById(link.dataset.box), at = link.closest("[data-line]").dataset;
  const line = Number(at.line), column = Number(at.column);
  if (area.hidden) {
    area.dispatchEvent(new CustomEvent("drip:go", {detail: {line, column}}));
    return;
  }
  const before = area.value.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(before + column - 1, before + column - 1);
});

function say(id, words) {
  const place = document.getElementById(id);
  place.textContent = words;
  place.hidden = !words;
}

document.addEventListener("htmx:beforeSwap", event => {
  const {xhr, target} = event.detail;
  if (xhr.status !== 200 || !xhr.responseURL.includes("/console/drafts/")) {
    event.detail.shouldSwap = false;
    say("away", "You are signed out, or this draft is finished. What you typed is still here: sign in again in another window, then go on here, or copy it.");
    return;
  }
  say("away", "");
  if (target.id !== "preview") return;
  const fresh = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
  const keep = fresh.querySelector("[data-keep]");
  say("preview-trouble", keep ? keep.textContent : "");
  if (keep) { event.detail.shouldSwap = false; return; }
  for (const part of fresh.querySelectorAll("[data-trouble]")) {
    const old = document.getElementById(part.id);
    const good = old && old.dataset.step === part.dataset.step && old.querySelector(".good");
    if (good) part.append(good.cloneNode(true));
  }
  event.detail.serverResponse = fresh.body.innerHTML;
});
document.addEventListener("htmx:sendError", () => say("away", "The server cannot be reached just now. What you typed is still here."));

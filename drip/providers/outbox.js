"use strict";
document.documentElement.classList.add("js");
addEventListener("DOMContentLoaded", function () {
  let open = null;

  function chosen() {
    const name = location.hash.slice(1);
    return /^m\d+$/.test(name) ? document.getElementById(name) : null;
  }

  /* Two thousand mails cannot all be pages within this page, so only the one being read is. */
  function unfold(message) {
    const paper = message.querySelector("[data-html]");
    if (!paper) return;
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "");
    frame.title = "The email as designed";
    frame.srcdoc = paper.dataset.html;
    paper.replaceChildren(frame);
  }

  function show() {
    if (open) {
      open.querySelector("[data-html]")?.replaceChildren();
      document.getElementById(open.id.replace("m", "c"))?.removeAttribute("aria-current");
    }
    open = chosen();
    if (!open) return;
    unfold(open);
    document.getElementById(open.id.replace("m", "c"))?.setAttribute("aria-current", "true");
  }

  addEventListener("hashchange", show);
  addEventListener("keydown", function (event) {
    if (event.key === "Escape" && open) open.querySelector(".back").click();
  });
  const first = document.querySelector("a.chip[href^='#m']");
  if (first && !location.hash && matchMedia("(min-width: 62rem)").matches) location.replace(first.hash);
  show();
});

"use strict";

/* What every page needs: elements, the documents in the page, the theme. */

const find = (id) => document.getElementById(id);

function make(tag, kind, ...content) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  element.append(...content);
  return element;
}

function read(id) {
  const element = find(id);
  return element === null ? null : JSON.parse(element.textContent);
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/* Brings a part of a box into view, and moves nothing but the box. */
function reveal(box, part) {
  const outer = box.getBoundingClientRect();
  const inner = part.getBoundingClientRect();
  const room = Math.min(60, outer.height / 4);
  let by = 0;
  if (inner.top < outer.top + room) by = inner.top - outer.top - room;
  else if (inner.bottom > outer.bottom - room) by = inner.bottom - outer.bottom + room;
  if (by) box.scrollBy({ top: by, behavior: calm.matches ? "auto" : "smooth" });
}

(function theme() {
  const button = find("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const label = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Light theme" : "Dark theme");
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
  dark.addEventListener("change", label);
  button.hidden = false;
  label();
})();

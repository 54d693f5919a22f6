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
  const by = (from, to, low, high) => {
    if (from < low) return from - low;
    return to > high ? Math.min(to - high, from - low) : 0;
  };
  const top = by(inner.top, inner.bottom, outer.top + room, outer.bottom - room);
  const left = by(inner.left, inner.right, outer.left + 24, outer.right - 24);
  /* What is far away is not worth a journey. */
  const near = Math.abs(top) < outer.height && Math.abs(left) < outer.width && !calm.matches;
  if (top || left) box.scrollBy({ top, left, behavior: near ? "smooth" : "instant" });
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

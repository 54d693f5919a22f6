/* A page of facts with a source pane: a place that is chosen is shown there. */

(function () {
  const buttons = [...document.querySelectorAll("button[data-at]")];
  const choose = (button) => {
    for (const each of buttons) each.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    source.show(JSON.parse(button.dataset.at), [], false);
  };
  for (const button of buttons) button.addEventListener("click", () => choose(button));
  if (buttons.length) choose(buttons[0]);
  find("pane").hidden = buttons.length === 0;
})();

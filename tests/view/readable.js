// What can be found wrong with a page by looking at it: text of too little contrast (WCAG 2.2,
// 1.4.3), controls without a name (4.1.2), and content that is wider than the screen (1.4.10).
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  function rgba(colour) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  function behind(element) {
    if (!element) return rgba(getComputedStyle(document.documentElement).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#ffffff");
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] > 0.999 ? own : over(own, behind(element.parentElement));
  }
  function luminance([r, g, b]) {
    const [R, G, B] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  }
  function contrast(one, other) {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 2;
  const words = (element) => `<${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> ${(element.innerText ?? element.textContent ?? "").trim().slice(0, 40)}`;
  const wrong = new Set();
  function judge(element, colour, what) {
    const ground = behind(element);
    let shade = 1;
    for (let up = element; up; up = up.parentElement) shade *= Number(getComputedStyle(up).opacity);
    const ink = rgba(colour);
    const ratio = contrast(over([ink[0], ink[1], ink[2], ink[3] * shade], ground), ground);
    if (ratio < 4.5) wrong.add(`contrast ${ratio.toFixed(2)} of ${what}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !seen(element) || element.closest("noscript, option, :disabled, [aria-hidden=true]")) continue;
    const style = getComputedStyle(element);
    judge(element, element.closest("svg") ? style.fill : style.color, words(element));
  }
  for (const input of document.querySelectorAll("input, textarea, select")) {
    if (!seen(input) || input.disabled) continue;
    judge(input, getComputedStyle(input).color, words(input) + input.name);
    if (input.placeholder) judge(input, getComputedStyle(input, "::placeholder").color, `the placeholder ${input.placeholder}`);
  }
  for (const control of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex], [role=listbox], [role=tab], [role=group], canvas[role], img, svg[role]")) {
    if (!seen(control) || control.matches("main, [tabindex='-1']:not(button)")) continue;
    const by = control.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("");
    const told = [control.getAttribute("aria-label"), by, control.title, control.alt, control.textContent, control.querySelector("img")?.alt, ...[...(control.labels ?? [])].map((label) => label.textContent)];
    if (!told.some((name) => typeof name === "string" && name.trim())) wrong.add(`no name: ${words(control)} ${control.outerHTML.slice(0, 120)}`);
  }
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) {
    wrong.add(`${wide} px wide on ${innerWidth}`);
    for (const element of document.querySelectorAll("main *")) {
      if (element.getBoundingClientRect().right > innerWidth + 1 && seen(element)) { wrong.add(`reaches out: ${words(element)}`); break; }
    }
  }
  return [...wrong];
}

// Elements are made here alone. What they hold is text, whatever it looks like: nothing is ever read as HTML.

/**
 * Return a new element.
 * @param {string} name the element's name, with classes behind dots: "td.number".
 * @param {object} attributes its attributes; those that are null or false are left out.
 * @param {...(Node|string|number|null)} children texts and elements.
 */
export function element(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Put elements into the place of what an element holds. */
export function fill(id, ...children) {
  document.getElementById(id).replaceChildren(...children);
}

/**
 * Return a table; on narrow screens each of its rows becomes a card, in which the titles are labels.
 * @param {string} label what the table is, for those who do not see it.
 * @param {Array} columns for each column its title and, behind dots, its classes: "Rows.number".
 * @param {Array} rows for each row its cells, or an element that is a row.
 * @param {string} kind "pairs" for cards with two cells side by side.
 */
export function table(label, columns, rows, kind = "singles") {
  const titles = columns.map(named);
  const heading = (kinds) => (kinds.includes("number") ? "th.number" : "th");
  const head = titles.map(([title, kinds]) => element(heading(kinds), { scope: "col" }, title));
  const body = rows.map((row) => (row instanceof Node ? row : tableRow(titles, row)));
  return element(
    "div.scroll",
    { role: "region", "aria-label": label, tabindex: "0" },
    element(`table.cards.${kind}`, {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body)),
  );
}

/** Return a column's title, and its classes. */
export function named(column) {
  const [title, ...kinds] = column.split(".");
  return [title, kinds];
}

function tableRow(titles, cells) {
  const made = cells.map((cell, index) => {
    const [title, kinds] = titles[index];
    const attributes = index ? { "data-label": title } : { scope: "row" };
    return element([index ? "td" : "th", ...kinds].join("."), attributes, cell);
  });
  return element("tr", {}, ...made);
}

/** Return a sentence that says why there is nothing, and what to do. */
export function blank(text) {
  return element("p.blank", {}, text);
}

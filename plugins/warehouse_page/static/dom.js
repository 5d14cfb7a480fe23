// The only place that creates elements. Their content is always text, never parsed as HTML.

/**
 * Return a new element.
 * @param {string} name the element's name, followed by its classes: "td.number".
 * @param {object} attributes its attributes; null and false values are left out.
 * @param {...(Node|string|number|null)} children strings and elements.
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

/** Replace the content of an element. */
export function fill(id, ...children) {
  document.getElementById(id).replaceChildren(...children);
}

/**
 * Return a table. On narrow screens each row becomes a card, with the column titles as labels.
 * @param {string} label the accessible name of the table.
 * @param {Array} columns the title of each column, followed by its classes: "Rows.number".
 * @param {Array} rows the cells of each row, or an element for the row.
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

/** Return the title and the classes of a column. */
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

/** Return a paragraph that says why there is no data, and what to do. */
export function blank(text) {
  return element("p.blank", {}, text);
}

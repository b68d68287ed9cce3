
"use strict";
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const units = { ms: 1, s: 1000, m: 60000, h: 3600000 };
  const value = (cell) => {
    const text = cell.textContent.replace(/,/g, "").replace(/^at least /, "");
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?) ?(ms|s|m|h)?/g)];
    if (!cell.classList.contains("figure") || parts.length === 0) return text;
    return parts.reduce((sum, [, number, unit]) => sum + number * (units[unit] ?? 1), 0);
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [value(row.cells[column]), row]);
      rows.sort(([a], [b]) => {
        const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
        return down ? -order : order;
      });
      body.append(...rows.map(([, row]) => row));
    });
  });
}

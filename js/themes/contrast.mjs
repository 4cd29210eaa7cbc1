// The pairs that must be told apart, and the ratio each theme reaches.

const channel = (value) => {
  const c = value / 255;
  return c < 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
};

const luminance = (hex) => {
  const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16)));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

export const ratio = (a, b) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};

const GROUNDS = ["bg", "surface", "surface-2", "sidebar", "header"];
const STATUS = ["success", "warning", "danger", "info"];

/** Every pair of foreground and ground with the ratio it needs: text, interface parts, chart colours. */
export function pairs(isHighContrast) {
  const text = isHighContrast ? 7 : 4.5;
  const found = [];
  const need = (least, fore, ...grounds) => {
    for (const ground of grounds) found.push({ fore, ground, least });
  };
  need(text, "text", ...GROUNDS, "selection", "code-bg", ...STATUS.map((name) => `${name}-soft`));
  need(text, "text-muted", ...GROUNDS);
  need(text, "link", "bg", "surface");
  need(4.5, "on-primary", "primary", "primary-hover");
  need(3, "focus", ...GROUNDS);
  need(3, "primary", "surface");
  need(3, "border-strong", "surface", "bg");
  for (const name of STATUS) {
    need(text, name, "surface", "bg");
    need(4.5, name, `${name}-soft`);
  }
  need(4.5, "text-muted", "code-bg");
  for (const name of ["success", "warning", "danger", "info"]) need(4.5, name, "code-bg");
  for (let n = 1; n <= 8; n++) need(3, `chart-${n}`, "surface");
  return found;
}

/** What fails, as lines; empty when all is well. */
export function failures(themes) {
  const lines = [];
  for (const [name, { tokens }] of Object.entries(themes)) {
    for (const { fore, ground, least } of pairs(name === "high-contrast")) {
      const reached = ratio(tokens[fore], tokens[ground]);
      if (reached < least)
        lines.push(`${name}: ${fore} on ${ground} is ${reached.toFixed(2)}, needs ${least}`);
    }
  }
  return lines;
}

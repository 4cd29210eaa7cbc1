/** A piece of code with the class it is coloured by. */
export type Piece = readonly [text: string, kind: "" | "keyword" | "string" | "number" | "comment" | "name"];

const SQL =
  "add all alter analyze and as asc between by case cast catalog check clone cluster column columns comment constraint create cross deep default delete desc describe detail distinct drop else end exists explain external extended filter foreign format from full function grant group having history if in inner insert interval into is join key lateral left like limit location managed map mask materialized merge not null of on optimize or order outer overwrite partition partitioned primary properties references rename replace restore returns revoke right row schema select set shallow share show struct table tags tblproperties then timestamp to true false truncate union unset update use using vacuum values version view volume when where with";
const PYTHON =
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield";
const BASH = "case do done elif else esac export fi for function if in then while";

const words = (text: string) => new Set(text.split(" "));
const LANGUAGES: Record<
  string,
  { readonly keywords: ReadonlySet<string>; readonly comment: string; readonly fold: boolean }
> = {
  sql: { keywords: words(SQL), comment: "--[^\\n]*|/\\*[\\s\\S]*?\\*/", fold: true },
  python: { keywords: words(PYTHON), comment: "#[^\\n]*", fold: false },
  bash: { keywords: words(BASH), comment: "(?<=^|\\s)#[^\\n]*", fold: false },
  json: { keywords: words("true false null"), comment: "(?!)", fold: false },
  yaml: { keywords: words("true false null yes no"), comment: "(?<=^|\\s)#[^\\n]*", fold: false },
};

/** Code in coloured pieces. A light reading: strings, comments, numbers, keywords; no grammar. */
export function pieces(code: string, language: string): Piece[] {
  const rules = LANGUAGES[language];
  if (!rules || code.length > 200_000) return [[code, ""]];
  const token = new RegExp(
    `(${rules.comment})|("""[\\s\\S]*?"""|'(?:[^'\\\\\\n]|\\\\.|'')*'|"(?:[^"\\\\\\n]|\\\\.)*")|(\`(?:[^\`]|\`\`)*\`)|(\\b\\d[\\d_.]*(?:e[+-]?\\d+)?\\b)|([A-Za-z_][\\w]*)`,
    "gim",
  );
  const found: Piece[] = [];
  let at = 0;
  for (const match of code.matchAll(token)) {
    if (match.index > at) found.push([code.slice(at, match.index), ""]);
    const [whole, comment, string, name, digits, word] = match;
    const isKeyword = word !== undefined && rules.keywords.has(rules.fold ? word.toLowerCase() : word);
    const kind = comment
      ? "comment"
      : string
        ? "string"
        : name
          ? "name"
          : digits
            ? "number"
            : isKeyword
              ? "keyword"
              : "";
    found.push([whole, kind]);
    at = match.index + whole.length;
  }
  if (at < code.length) found.push([code.slice(at), ""]);
  return found;
}

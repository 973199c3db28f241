/* Splits SQL into tokens and statements as psql does. It finds where statements end and does not parse them. */

export type TokenKind = "comment" | "string" | "quoted" | "word" | "space" | "other";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

export interface Statement {
  /** Without the semicolon at its end and the comments before it. */
  readonly text: string;
  /** The line of its first word, counted from 1. */
  readonly line: number;
}

const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ["space", /\s+/y],
  ["comment", /--[^\n]*/y],
  ["string", /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y],
  ["string", /'(?:[^']|'')*'/y],
  ["quoted", /"(?:[^"]|"")*"/y],
  ["string", /\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\k<tag>\$/y],
  ["word", /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y],
  ["other", /\d[\w.]*|[\s\S]/y],
];

/** The tokens of some SQL; joined, their texts are the SQL again. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length; ) {
    const token = sql.startsWith("/*", at) ? blockComment(sql, at) : tokenAt(sql, at);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(sql: string, at: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const text = pattern.exec(sql)?.[0];
    if (text !== undefined) return { kind, text };
  }
  throw new Error("the last pattern matches any character");
}

/** Block comments nest in SQL. */
function blockComment(sql: string, start: number): Token {
  let depth = 0;
  let at = start;
  do {
    if (sql.startsWith("/*", at)) {
      depth += 1;
      at += 2;
    } else if (sql.startsWith("*/", at)) {
      depth -= 1;
      at += 2;
    } else at += 1;
  } while (depth > 0 && at < sql.length);
  return { kind: "comment", text: sql.slice(start, at) };
}

/** The statements of a script, split at the semicolons at which psql splits them. */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let [text, line, startLine] = ["", 1, 1];
  let [parentheses, blocks] = [0, 0];
  let words: string[] = [];
  const finish = () => {
    if (text.trim() !== "") statements.push({ text: text.trim(), line: startLine });
    [text, words, parentheses, blocks] = ["", [], 0, 0];
  };
  for (const token of tokensOf(sql)) {
    if (token.text === ";" && parentheses === 0 && blocks === 0) {
      finish();
    } else {
      if (text === "") startLine = line;
      if (text !== "" || (token.kind !== "space" && token.kind !== "comment")) text += token.text;
      if (token.text === "(") parentheses += 1;
      if (token.text === ")") parentheses = Math.max(0, parentheses - 1);
      if (token.kind === "word") {
        const word = token.text.toUpperCase();
        words.push(word);
        if (hasBody(words)) blocks = Math.max(0, blocks + nesting(word, blocks));
      }
    }
    line += token.text.split("\n").length - 1;
  }
  finish();
  return statements;
}

/** The script with a semicolon after its last statement, so that another statement can follow. */
export function terminated(sql: string): string {
  const last = tokensOf(sql).findLast(({ kind }) => kind !== "space" && kind !== "comment");
  return last === undefined || last.text === ";" ? sql : `${sql}\n;`;
}

/** Only functions and procedures can contain `BEGIN ATOMIC …; … END`. */
function hasBody([first, second, third, fourth]: readonly string[]): boolean {
  const kind = second === "OR" && third === "REPLACE" ? fourth : second;
  return first === "CREATE" && (kind === "FUNCTION" || kind === "PROCEDURE");
}

function nesting(word: string, depth: number): number {
  if (word === "BEGIN" || (word === "CASE" && depth > 0)) return 1;
  return word === "END" && depth > 0 ? -1 : 0;
}

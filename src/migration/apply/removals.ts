import { splitStatements, type Token, tokensOf } from "../revisions/split-statements.ts";

/** What a statement of a revision removes, as far as its text shows it. */
export type Removal =
  /** All rows of a table, or, if there is a column, its values. The table is written as in the statement. */
  | { readonly kind: "rows"; readonly table: string; readonly column: string | undefined }
  /** A statement that may remove anything, such as DO. */
  | { readonly kind: "unknown"; readonly statement: string };

/** The removals of a section of a revision, in the order of its statements. */
export function removalsOf(sql: string): Removal[] {
  return splitStatements(sql).flatMap(({ text }) => {
    const tokens = tokensOf(text).filter(({ kind }) => kind !== "space" && kind !== "comment");
    return ofStatement(tokens) ?? [{ kind: "unknown", statement: oneLine(text) }];
  });
}

/** Statements that remove no rows whatever follows their first word. UPDATE changes values, and its rows stay. */
const harmless = new Set(
  "ANALYZE CLUSTER COMMENT CREATE GRANT INSERT LOCK REFRESH REINDEX RESET REVOKE SECURITY SET UPDATE VACUUM".split(
    " ",
  ),
);

/** Objects that hold no rows. Dropped with CASCADE, they may take columns with them. */
const withoutRows = new Set(
  (
    "AGGREGATE CAST COLLATION CONVERSION DOMAIN EVENT EXTENSION FUNCTION INDEX LANGUAGE OPERATOR POLICY PROCEDURE ROUTINE " +
    "RULE SEQUENCE STATISTICS TEXT TRIGGER TYPE VIEW MATERIALIZED"
  ).split(" "),
);

/** Undefined if the statement may remove anything. */
function ofStatement(tokens: readonly Token[]): Removal[] | undefined {
  const reader = readerOf(tokens);
  const first = reader.word();
  if (harmless.has(first)) return [];
  if (first === "SELECT" || first === "VALUES") return callsFunctions(tokens) ? undefined : [];
  if (first === "TRUNCATE") {
    reader.skip("TABLE");
    return reader.tables();
  }
  if (first === "DELETE") {
    reader.skip("FROM");
    return reader.tables().slice(0, 1);
  }
  const second = reader.word();
  if (first === "DROP" && (second === "TABLE" || second === "FOREIGN")) {
    reader.skip("TABLE", "IF", "EXISTS");
    return reader.tables();
  }
  if (first === "DROP" && withoutRows.has(second)) return reader.has("CASCADE") ? undefined : [];
  if (first !== "ALTER") return undefined;
  if (second !== "TABLE") return [];
  reader.skip("IF", "EXISTS", "ONLY");
  const table = reader.name();
  return table === undefined ? undefined : reader.droppedColumns(table);
}

function callsFunctions(tokens: readonly Token[]): boolean {
  const keywords = /^(AND|AS|FROM|IN|NOT|OR|SELECT|WHERE|set_config|setval)$/i;
  return tokens.some(
    ({ kind, text }, at) =>
      (kind === "word" || kind === "quoted") && !keywords.test(text) && tokens[at + 1]?.text === "(",
  );
}

/** Reads tokens one after the other. */
function readerOf(tokens: readonly Token[]) {
  let at = 0;
  const upper = (token: Token | undefined) => (token?.kind === "word" ? token.text.toUpperCase() : "");
  const skip = (...words: string[]) => {
    while (words.includes(upper(tokens[at]))) at += 1;
  };
  const identifier = () => {
    const token = tokens[at];
    if (token?.kind !== "word" && token?.kind !== "quoted") return undefined;
    at += 1;
    return token.text;
  };
  /** A name that may have a schema, as it is written. */
  const name = () => {
    let text = identifier();
    while (text !== undefined && tokens[at]?.text === ".") {
      at += 1;
      text = `${text}.${identifier() ?? ""}`;
    }
    return text;
  };
  return {
    word: () => {
      at += 1;
      return upper(tokens[at - 1]);
    },
    skip,
    name,
    has: (word: string) => tokens.some((token) => upper(token) === word),
    /** A list of tables. */
    tables: (): Removal[] => {
      const removals: Removal[] = [];
      do {
        skip("ONLY");
        const table = name();
        if (table === undefined) return removals;
        removals.push({ kind: "rows", table, column: undefined });
        if (tokens[at]?.text === "*") at += 1;
      } while (tokens[at++]?.text === ",");
      return removals;
    },
    /** The columns that the actions of ALTER TABLE drop. */
    droppedColumns: (table: string): Removal[] => {
      const removals: Removal[] = [];
      for (let [parentheses, begins] = [0, true]; at < tokens.length; ) {
        if (begins && upper(tokens[at]) === "DROP") {
          skip("DROP");
          const constraint = upper(tokens[at]) === "CONSTRAINT";
          skip("COLUMN", "IF", "EXISTS");
          const column = identifier();
          if (!constraint && column !== undefined)
            removals.push({ kind: "rows", table, column: unquoted(column) });
        }
        const text = tokens[at]?.text;
        if (text === "(") parentheses += 1;
        if (text === ")") parentheses -= 1;
        begins = text === "," && parentheses === 0;
        at += 1;
      }
      return removals;
    },
  };
}

/** The name as the catalog has it. */
function unquoted(identifier: string): string {
  return identifier.startsWith('"')
    ? identifier.slice(1, -1).replaceAll('""', '"')
    : identifier.toLowerCase();
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

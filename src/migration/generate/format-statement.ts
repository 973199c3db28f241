import { type Token, tokensOf } from "../revisions/split-statements.ts";

/*
 * The style of generated statements: no needless quotes; no qualifiers, so that the SQL works in any schema; no clauses that
 * repeat PostgreSQL's defaults; and no CASCADE, which would drop objects that the model does not know.
 */

/**
 * A statement of the diff engine as it is written into a revision, ending with a semicolon; undefined if it is not needed.
 */
export function formatStatement(statement: string): string | undefined {
  // statementsBetween switches row level security, because it knows the state before.
  if (/\b(EN|DIS)ABLE ROW LEVEL SECURITY;?$/.test(statement)) return undefined;
  const table =
    /^(?:CREATE TABLE|ALTER TABLE|CREATE (?:UNIQUE )?INDEX .*? ON) (?:"public"\.)?"((?:[^"]|"")+)"/.exec(
      statement,
    )?.[1];
  const tokens = spaced(unqualified(tokensOf(statement.replaceAll("\t", "  ")), ["public", table]));
  const sql = tokens
    .map(({ kind, text }) => (kind === "quoted" ? unquoted(text) : text))
    .join("")
    .replace(/^(DROP \w+ .*) CASCADE;?$/, "$1")
    .replaceAll(/ ON (?:DELETE|UPDATE) no action/g, "")
    .replaceAll(/ ON (DELETE|UPDATE) (cascade|restrict|set null|set default)/g, (text) => text.toUpperCase())
    .replaceAll(/ USING btree \(/g, " (")
    .replace(/ drop column /, " DROP COLUMN ");
  return `${plainIdentity(sql, table).replace(/;\s*$/, "")};`;
}

/** Removes schema and table qualifiers in front of names. */
function unqualified(tokens: readonly Token[], qualifiers: readonly (string | undefined)[]): Token[] {
  const isQualifier = (index: number) =>
    tokens[index]?.kind === "quoted" &&
    qualifiers.includes(tokens[index]?.text.slice(1, -1)) &&
    tokens[index + 1]?.text === "." &&
    tokens[index + 2]?.kind === "quoted";
  return tokens.filter(
    (_, index) => !isQualifier(index) && !(tokens[index]?.text === "." && isQualifier(index - 1)),
  );
}

/** `PRIMARY KEY("a","b")` as `PRIMARY KEY ("a", "b")`. */
function spaced(tokens: readonly Token[]): Token[] {
  return tokens.flatMap((token, index) => {
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    const opensList =
      token.text === "(" &&
      (before?.kind === "quoted" || /^(KEY|UNIQUE|DISTINCT|CHECK)$/.test(before?.text ?? ""));
    if (opensList) return [space, token];
    return token.text === "," && after !== undefined && after.kind !== "space" ? [token, space] : [token];
  });
}

const space: Token = { kind: "space", text: " " };

/** Removes the options of an identity's sequence if they are PostgreSQL's defaults. */
function plainIdentity(sql: string, table: string | undefined): string {
  return sql
    .replaceAll(
      / \(sequence name (\S+) INCREMENT BY 1 MINVALUE 1 MAXVALUE (?:32767|2147483647|9223372036854775807) START WITH 1 CACHE 1\)/g,
      (_, sequence: string) =>
        table !== undefined && sequence.startsWith(`${table}_`) && sequence.endsWith("_seq")
          ? ""
          : ` (SEQUENCE NAME ${sequence})`,
    )
    .replaceAll(" (sequence name ", " (SEQUENCE NAME ");
}

/** The identifier without its quotes if PostgreSQL reads it the same. */
export function unquoted(quoted: string): string {
  const name = quoted.slice(1, -1);
  return /^[a-z_][a-z0-9_]*$/.test(name) && !keywords.has(name) ? name : quoted;
}

/** The keywords of PostgreSQL 15 to 18 that need quotes in at least one position of a name. */
const keywords = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast
  char character check coalesce collate collation column concurrently constraint create cross current_catalog
  current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable
  desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group
  grouping having ilike in initially inner inout int integer intersect interval into is isnull join json json_array
  json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value
  lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize
  not notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision
  primary real references returning right row select session_user setof similar smallint some substring symmetric
  system_user table tablesample then time timestamp to trailing treat trim true union unique user using values varchar
  variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces
  xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/),
);

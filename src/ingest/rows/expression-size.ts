import {
  type CastType,
  functionName,
  lambdaParameters,
  lastName,
  type Node,
  nodesOf,
} from "./expression-nodes.ts";

/*
 * DuckDB's memory limit does not cover texts and lists while a function makes them, for about 2000 rows at once, and only
 * between functions can it be interrupted. So the size of what an expression makes is bounded before it runs.
 */

/** What makes an expression too large, or too slow; undefined if it is neither. */
export function sizeProblem(nodes: readonly Node[]): string | undefined {
  const growth = { copies: 1, replaced: 1, listed: 1, byColumns: 1, encoded: 1 };
  let slow: string | undefined;
  for (const node of nodes) {
    const problem = nodeProblem(node);
    if (problem !== undefined) return problem;
    const name = functionName(node);
    if (node.class === "LAMBDA" && readsColumns(node)) growth.byColumns *= perColumn;
    if (node.class !== "FUNCTION") continue;
    if (name === "repeat") growth.copies *= Math.max(1, Number(constantOf(node, 1)));
    if (name === "replace" || name === "regexp_replace") {
      const [from, to] = [constantOf(node, 1), constantOf(node, 2)];
      // A pattern may match between all characters.
      if (typeof to !== "string") growth.byColumns *= name === "replace" ? perColumn : perCharacter * 2;
      else {
        const length = typeof from === "string" && name === "replace" ? from.length || 1 : 1;
        growth.replaced *= Math.max(1, to.length / length);
      }
    }
    if (listing.has(name)) growth.listed = perCharacter;
    growth.encoded *= encoding[name] ?? 1;
    if (quadratic.has(name)) slow = name;
  }
  const { copies, replaced, listed, byColumns, encoded } = growth;
  if (copies > maxGrowth) return `its repetitions multiply to ${copies}, more than ${maxGrowth}`;
  if (replaced > maxGrowth) return `its replacements make a text up to ${Math.ceil(replaced)} times as long`;
  const longer = copies * replaced * byColumns * encoded;
  if (slow !== undefined && longer > maxQuadratic) {
    return `${slow} takes too long for texts that repetitions or replacements make longer`;
  }
  if (longer * listed <= maxGrowth) return undefined;
  return `its repetitions, replacements and lists together make a value much larger than the record; write it with fewer of them`;
}

/** What a node must not do at all. */
function nodeProblem(node: Node): string | undefined {
  if (node.class === "LAMBDA" && nodesOf(node.expr).some((inner) => inner.class === "LAMBDA")) {
    return "it holds a lambda inside a lambda, whose result could grow without bound";
  }
  const name = functionName(node);
  if (node.class === "WINDOW" && collecting.has(name)) {
    return `it holds ${name} as a window function, which collects many rows for each row`;
  }
  if (node.class === "CAST" && arraySize(node.cast_type) > maxArray) {
    return `it casts to an array of more than ${maxArray} elements`;
  }
  if (node.class !== "FUNCTION") return undefined;
  const reason = refusedFunctions[name];
  if (reason !== undefined) return `it holds ${name}, which ${reason}`;
  if (["repeat", "lpad", "rpad"].includes(name)) {
    const count = constantOf(node, 1);
    if (typeof count !== "number" || count > maxGrowth) {
      return `the second argument of ${name} must be a number of at most ${maxGrowth}, written out`;
    }
  }
  if (name === "printf" || name === "format") {
    const format = constantOf(node, 0);
    if (typeof format !== "string" || /%[^a-z%]*(\d{4}|\*)|\{[^}]*(\d{4}|\{)/i.test(format)) {
      return `the first argument of ${name} must be a text, written out, with widths below 1000`;
    }
  }
  return undefined;
}

/** How many times as large as the record a value may become. */
const maxGrowth = 1000;
/** The same for texts that a function compares in time that grows with their product. */
const maxQuadratic = 10;
const maxArray = 1000;
/** What a replacement, or the result of a lambda, counts that is read from a column and so has any length. */
const perColumn = 30;
/** Bytes of a list of characters per byte of the text. */
const perCharacter = 32;

const unbounded = "makes a list of any length";
const refusedFunctions: Readonly<Record<string, string>> = {
  unnest: "makes several rows of one; a load makes one row of each record",
  unlist: "makes several rows of one; a load makes one row of each record",
  pg_sleep: "only waits",
  sleep_ms: "only waits",
  write_log: "makes no value",
  nextval: "gives another value each time",
  currval: "gives another value each time",
  range: unbounded,
  generate_series: unbounded,
  list_resize: unbounded,
  array_resize: unbounded,
  list_reduce: "could grow without bound",
  array_reduce: "could grow without bound",
  reduce: "could grow without bound",
  equi_width_bins: unbounded,
  bar: "makes a text of any length",
  bitstring: "makes a value of any length",
};

const listing = new Set([
  ...["string_split", "str_split", "string_to_array", "split", "string_split_regex", "str_split_regex"],
  ...["regexp_split_to_array", "regexp_extract_all"],
]);

/** How many times as long a text of the function is as its argument, at most. */
const encoding: Readonly<Record<string, number>> = {
  hex: 2,
  to_hex: 2,
  bin: 8,
  to_binary: 8,
  base64: 1.4,
  to_base64: 1.4,
  url_encode: 3,
  json_quote: 2,
  to_json: 2,
  array_to_json: 2,
  json_array: 2,
  json_object: 2,
  row_to_json: 2,
};

const quadratic = new Set(["levenshtein", "editdist3", "damerau_levenshtein"]);

const collecting = new Set([
  ...["list", "array_agg", "string_agg", "group_concat", "listagg"],
  ...["histogram", "histogram_exact", "map_agg", "bitstring_agg"],
]);

/** The value of an argument that is written out. */
const constantOf = ({ children = [] }: Node, index: number): unknown =>
  children[index]?.class === "CONSTANT" ? children[index].value?.value : undefined;

const readsColumns = (lambda: Node): boolean => {
  const parameters = lambdaParameters([lambda]);
  const read = nodesOf(lambda.expr)
    .filter((node) => node.class === "COLUMN_REF")
    .flatMap(lastName);
  return read.some((name) => !parameters.has(name.toLowerCase()));
};

/** The elements of an array type with a fixed size, with those of its elements. */
function arraySize(type: CastType | undefined): number {
  const { child_type, size } = type?.type_info ?? {};
  return child_type === undefined ? 1 : (size ?? 1) * arraySize(child_type);
}

/** A node of the syntax tree of an expression, as `json_serialize_sql` of DuckDB writes it. */
export interface Node {
  readonly class?: string;
  readonly column_names?: readonly string[];
  readonly function_name?: string;
  readonly children?: readonly Node[];
  /** Of a constant. */
  readonly value?: { readonly value?: unknown };
  /** Of a cast. */
  readonly cast_type?: CastType;
  /** The parameters of a lambda, and what it makes of them. */
  readonly lhs?: Node;
  readonly expr?: Node;
}

export interface CastType {
  readonly type_info?: { readonly child_type?: CastType; readonly size?: number } | null;
}

/** A node and everything below it. */
export function nodesOf(tree: unknown): Node[] {
  if (typeof tree !== "object" || tree === null) return [];
  return [tree as Node, ...Object.values(tree).flatMap(nodesOf)];
}

/** The column that a reference names, without its table. */
export const lastName = ({ column_names }: Node): string[] => column_names?.slice(-1) ?? [];

/** Names of the parameters of all lambdas, in lower case. */
export function lambdaParameters(nodes: readonly Node[]): ReadonlySet<string> {
  return new Set(
    nodes
      .filter((node) => node.class === "LAMBDA")
      .flatMap(({ lhs }) => nodesOf(lhs))
      .flatMap(lastName)
      .map((name) => name.toLowerCase()),
  );
}

export const functionName = ({ function_name = "" }: Node) => function_name.toLowerCase();

export const includes = (names: readonly string[], name: string) =>
  names.some((other) => other.toLowerCase() === name.toLowerCase());

/** The column of an attribute that `series` has under the same name. */
export function attribute(name: string, description: string, type: "VARCHAR" | "DOUBLE" = "VARCHAR") {
  return { name, type, description, sql: `series.${name}` } as const;
}

import { dropOneByOne, restsOnTheSame } from "./references.ts";
import {
  type ColumnSnapshot,
  entries,
  mapValues,
  type Named,
  type Snapshot,
  same,
  type TableSnapshot,
} from "./snapshot.ts";

/*
 * The way from one snapshot to another in legs of which each only takes away, or only adds. So the diff engine never
 * sees an addition beside a removal, which it would take for a rename and ask about; nor a changed constraint, which
 * it would alter in place or in a wrong order: what changes is taken away first and comes back later.
 */

/** The snapshots to pass through, both ends included. */
export function waypoints(source: Snapshot, target: Snapshot): Snapshot[] {
  const recreated = recreatedColumns(source, target);
  const leaving = Object.keys(source.tables).filter((key) => !(key in target.tables));
  const unlinked = withTables(withoutChangedViews(source, target), (table, key) => ({
    ...table,
    foreignKeys: entries(table.foreignKeys, (name, foreignKey) => {
      if (!restsOnTheSame(key, foreignKey, source, target)) return false;
      const after = target.tables[key];
      return after === undefined || same(foreignKey, after.foreignKeys[name]);
    }),
  }));
  const loosened = withTables(unlinked, (table, key) => {
    const after = target.tables[key];
    return after === undefined
      ? table
      : keepRules(table, after, recreated.get(key), retypedColumns(table, after));
  });
  const emptied = withTables(loosened, (table, key) => ({
    ...table,
    columns: bareColumns(
      entries(table.columns, (name) => !recreated.get(key)?.has(name)),
      target.tables[key]?.columns,
    ),
  }));
  const extended: Snapshot = {
    ...target,
    ...bothOf(source, target, ["enums", "sequences", "schemas", "roles", "policies"]),
    views: unlinked.views,
    tables: {
      ...only(emptied.tables, leaving),
      ...mapValues(target.tables, (table, key) => extend(table, emptied.tables[key])),
    },
  };
  const settled = withTables(extended, (table, key) => ({
    ...table,
    columns: { ...table.columns, ...target.tables[key]?.columns },
  }));
  const constrained = withTables(settled, (table, key) => {
    const after = target.tables[key];
    return after === undefined ? table : { ...after, columns: table.columns, foreignKeys: table.foreignKeys };
  });
  const linked = withTables({ ...constrained, views: target.views }, (table, key) => ({
    ...table,
    foreignKeys: target.tables[key]?.foreignKeys ?? table.foreignKeys,
  }));
  const fewer = dropOneByOne(linked, leaving);
  const narrowed = { ...(fewer.at(-1) ?? linked), tables: target.tables };
  return [
    source,
    unlinked,
    loosened,
    emptied,
    extended,
    settled,
    constrained,
    linked,
    ...fewer,
    narrowed,
    target,
  ];
}

/**
 * A table of the target with the columns only the source has, and with the rules both agree on. New generated columns
 * wait: they may read other new ones.
 */
function extend(after: TableSnapshot, before: TableSnapshot | undefined): TableSnapshot {
  if (before === undefined) return { ...after, foreignKeys: {} };
  const ready = entries(after.columns, (name, { generated }) => name in before.columns || !generated);
  const columns = mapValues(ready, (column, name) => retyped(column, before.columns[name]));
  return { ...before, isRLSEnabled: after.isRLSEnabled, columns: { ...before.columns, ...columns } };
}

/** The column with its new type and nullability, but what depends on these still as it was. */
function retyped(after: ColumnSnapshot, before: ColumnSnapshot | undefined): ColumnSnapshot {
  if (before === undefined) return after;
  const { default: _, identity: __, ...column } = after;
  return {
    ...column,
    ...(before.default === undefined ? {} : { default: before.default }),
    ...(before.identity === undefined ? {} : { identity: before.identity }),
  };
}

/**
 * The indexes, keys, checks and policies of a table that the target has too, and that no recreated column takes along.
 * Expressions over a column of which the type changes go as well: PostgreSQL would keep them, but as casts of the new
 * type to the old one.
 */
function keepRules(
  table: TableSnapshot,
  after: TableSnapshot,
  recreated: Columns,
  retyped: Columns,
): TableSnapshot {
  const kept = <T>(before: Named<T>, later: Named<T>, isExpression: (rule: T) => boolean) =>
    entries(
      before,
      (name, rule) =>
        same(rule, later[name]) &&
        !mentions(rule, recreated) &&
        !(isExpression(rule) && mentions(rule, retyped)),
    );
  return {
    ...table,
    indexes: kept(
      table.indexes,
      after.indexes,
      ({ columns, where }) => where !== undefined || columns.some(({ isExpression }) => isExpression),
    ),
    compositePrimaryKeys: kept(table.compositePrimaryKeys, after.compositePrimaryKeys, () => false),
    uniqueConstraints: kept(table.uniqueConstraints, after.uniqueConstraints, () => false),
    checkConstraints: kept(table.checkConstraints, after.checkConstraints, () => true),
    policies: kept(table.policies, after.policies, () => true),
  };
}

type Columns = ReadonlySet<string> | undefined;

/** Columns of both tables of which the type changes. */
function retypedColumns(before: TableSnapshot | undefined, { columns }: TableSnapshot): Set<string> {
  const names = Object.keys(before?.columns ?? {}).filter((name) => name in columns);
  return new Set(names.filter((name) => before?.columns[name]?.type !== columns[name]?.type));
}

/**
 * Columns that cannot be altered and are dropped and added again: those that become generated, whose expression
 * changes, or whose expression reads a column of which the type changes.
 */
function recreatedColumns(source: Snapshot, target: Snapshot): Map<string, Set<string>> {
  return new Map(
    Object.entries(target.tables).map(([key, after]) => {
      const before = source.tables[key]?.columns ?? {};
      const retyped = retypedColumns(source.tables[key], after);
      const changed = Object.entries(after.columns).filter(([name, { generated }]) => {
        const old = before[name];
        if (old === undefined || generated === undefined) return false;
        return !same(old.generated, generated) || retyped.has(name) || mentions(generated, retyped);
      });
      return [key, new Set(changed.map(([name]) => name))];
    }),
  );
}

/**
 * Columns without what would stand in the way of a new type: an identity or an expression that goes, and any default:
 * it may not fit the new type, and where it does PostgreSQL keeps it as a cast of the old one. A generated column that goes is gone already: it reads
 * others, and what it holds follows from them.
 */
function bareColumns(
  before: TableSnapshot["columns"],
  after: TableSnapshot["columns"] | undefined,
): TableSnapshot["columns"] {
  if (after === undefined) return before;
  const staying = entries(before, (name, { generated }) => name in after || !generated);
  return mapValues(staying, (column, name) => {
    const later = after[name] ?? column;
    const { default: value, identity, generated, ...bare } = column;
    return {
      ...bare,
      ...(value !== undefined && later.type === column.type ? { default: value } : {}),
      ...(identity !== undefined && later.identity !== undefined ? { identity } : {}),
      ...(generated !== undefined && later.generated !== undefined ? { generated } : {}),
    };
  });
}

/** Whether a rule speaks of one of the columns; in doubt, yes: it is then dropped and created again. */
function mentions(rule: unknown, columns: Columns): boolean {
  if (columns === undefined || columns.size === 0) return false;
  const words = JSON.stringify(rule).match(/\w+/g) ?? [];
  return words.some((word) => columns.has(word));
}

function withoutChangedViews(source: Snapshot, target: Snapshot): Snapshot {
  return { ...source, views: entries(source.views, (name, view) => same(view, target.views[name])) };
}

function bothOf(source: Snapshot, target: Snapshot, kinds: readonly string[]): Partial<Snapshot> {
  return Object.fromEntries(
    kinds.map((kind) => [kind, { ...(source[kind] as object), ...(target[kind] as object) }]),
  );
}

function withTables(
  snapshot: Snapshot,
  change: (table: TableSnapshot, key: string) => TableSnapshot,
): Snapshot {
  return { ...snapshot, tables: mapValues(snapshot.tables, change) };
}

function only<T>(record: Readonly<Record<string, T>>, keys: readonly string[]) {
  return entries(record, (key) => keys.includes(key));
}

/** A column of a file, with DuckDB's name of its type. */
export interface FileColumn {
  readonly name: string;
  readonly type: string;
}

/** A model of a file of forecasts, and the levels of its intervals in percent, smallest first. */
export interface ForecastModel {
  readonly name: string;
  readonly levels: readonly number[];
}

export interface ForecastColumns {
  readonly models: readonly ForecastModel[];
  /** Whether there is a column `sample_weight`. */
  readonly weighted: boolean;
  /** Row numbers that pandas wrote. */
  readonly ignored: readonly string[];
  /** How the file spells a bound, by its {@link boundName}: `MODEL-lo-80.0` for `MODEL-lo-80`. */
  readonly spelled: ReadonlyMap<string, string>;
}

/** The keys of a row, and the actual value. */
export const requiredColumns = ["unique_id", "ds", "cutoff", "y"] as const;
export const weightColumn = "sample_weight";

/** `MODEL-lo-80`, as mlforecast and statsforecast write it. */
export const boundName = (model: string, side: "lo" | "hi", level: number): string =>
  `${model}-${side}-${level}`;

/**
 * What the columns of a file in Nixtla's long format are. Every column that is not a key, `y`, the weight or a bound is a model.
 *
 * @returns the columns, or in words why the file is not of this form
 */
export function forecastColumns(file: readonly FileColumn[]): ForecastColumns | string {
  const names = new Set(file.map(({ name }) => name));
  const missing = requiredColumns.filter((name) => !names.has(name));
  if (missing.length > 0) {
    return `it has no column ${missing.join(", ")} (it has ${[...names].slice(0, 20).join(", ")})`;
  }
  const others = file.filter(({ name }) => !(requiredColumns as readonly string[]).includes(name));
  const ignored = others.filter(({ name }) => rowNumbers.has(name)).map(({ name }) => name);
  const rest = others.filter(({ name }) => !rowNumbers.has(name) && name !== weightColumn);
  const bounds = rest.flatMap(({ name }) => boundOf(name) ?? []);
  const models = rest.filter(({ name }) => boundOf(name) === undefined);
  if (models.length === 0 && bounds.length === 0) {
    return "it has no column of a model next to unique_id, ds, cutoff and y";
  }
  const text = others.find(({ name, type }) => !rowNumbers.has(name) && !isNumeric(type));
  if (text !== undefined) return `its column ${text.name} is not numeric (${text.type})`;
  for (const { name, model, side, level } of bounds) {
    if (!models.some((one) => one.name === model)) return `it has ${name} and no column ${model}`;
    if (!(level > 0 && level < 100)) return `the level of ${name} is not between 0 and 100`;
    const same = bounds.filter((one) => one.model === model && one.level === level);
    if (same.length > 2) return `it has the level ${level} of ${model} twice`;
    const other = side === "lo" ? "hi" : "lo";
    if (!same.some((one) => one.side === other)) {
      return `it has ${name} and no column ${boundName(model, other, level)}`;
    }
  }
  return {
    models: models.map(({ name }) => ({
      name,
      levels: bounds
        .filter(({ model, side }) => model === name && side === "lo")
        .map(({ level }) => level)
        .sort((a, b) => a - b),
    })),
    weighted: names.has(weightColumn),
    ignored,
    spelled: new Map(bounds.map(({ name, model, side, level }) => [boundName(model, side, level), name])),
  };
}

/** What pandas calls a row number in Parquet, in CSV that DuckDB reads, and in CSV that it wrote again. */
const rowNumbers = new Set(["__index_level_0__", "column0", "index", "Unnamed: 0"]);

function boundOf(name: string) {
  const [, model, side, level] = /^(.+)-(lo|hi)-(\d+(?:\.\d+)?)$/s.exec(name) ?? [];
  if (model === undefined || level === undefined) return undefined;
  return { name, model, side: side as "lo" | "hi", level: Number(level) };
}

/** A CSV has texts only; these are checked row by row. */
const isNumeric = (type: string) =>
  /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)|CSV)$/.test(type);

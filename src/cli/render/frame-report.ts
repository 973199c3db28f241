import { type FrameResult, type FramesResult, type Manifest, weekdays } from "../../frame/index.ts";
import { displayWidth } from "../../system/display-width.ts";
import { bytesText, countText, numberText, secondsText } from "../../system/numbers.ts";
import { type Output, table } from "./output.ts";
import { readingText } from "./reading-text.ts";

/** Prints what a frame holds and how to read it on stdout, what it lacks on stderr. */
export function printFrame(result: FrameResult, output: Output): void {
  const { manifest } = result;
  output.report(output.colors.bold(title(manifest)));
  for (const line of table(filesOf(result), output.room - 2, [""])) output.report(`  ${line}`);
  output.report(`  ${result.manifest_file}`);
  output.report();
  for (const line of table(countsOf(manifest), output.room - 2)) output.report(`  ${line}`);
  output.report();
  for (const line of columnsByClass(manifest, output.width - 2)) output.report(`  ${line}`);
  output.report();
  const seconds = Object.entries(result.seconds).map(([phase, value]) => `${phase} ${secondsText(value)}`);
  output.report(`  ${output.colors.dim(seconds.join(", "))}`);
  const reading = "  in Python: ";
  output.report(`${reading}${readingText(result, output.width - reading.length)}`);
  for (const note of shortcomings(manifest, output.program))
    output.note(`${output.errorColors.yellow("note")} ${note}`);
}

/** One line per cutoff. What the newest frame lacks is on stderr. */
export function printFrames({ folder, frames }: FramesResult, output: Output): void {
  const newest = frames.at(-1);
  if (newest === undefined) return;
  const { horizon, spec } = newest.manifest;
  const after = horizon === 1 ? `the ${spec.freq} after it` : `the ${horizon} ${spec.freq}s after it`;
  output.report(output.colors.bold(`${countText(frames.length, "frame")} in ${folder}, each with ${after}`));
  const rows = frames.map(({ training, manifest: { cutoff, counts } }) => [
    cutoff,
    counts.series,
    counts.training_rows,
    counts.future_rows,
    training,
  ]);
  const heading = ["cutoff", "series", "training", "future", "training frame"];
  for (const line of table([heading, ...rows], output.room - 2)) output.report(`  ${line}`);
  output.report();
  const seconds = Object.entries(newest.seconds).map(([phase, value]) => `${phase} ${secondsText(value)}`);
  output.report(`  ${output.colors.dim(seconds.join(", "))}`);
  for (const note of shortcomings(newest.manifest, output.program)) {
    output.note(`${output.errorColors.yellow("note")} ${note}`);
  }
}

/** `10,000 series up to 2024-05-14, and the 28 days after it` */
function title({ counts, known_until, horizon, known_at, spec: { freq } }: Manifest): string {
  const after = horizon === 1 ? `the ${freq} after it` : `the ${horizon} ${freq}s after it`;
  const known = known_at === null ? "" : `, as known at ${known_at}`;
  return `${numberText(counts.series)} series up to ${known_until}, and ${after}${known}`;
}

function filesOf({ training, future, manifest }: FrameResult): (string | number)[][] {
  const row = (frame: "training" | "future", path: string, rows: number) => {
    const files = manifest.files.filter((file) => file.frame === frame);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const name = files.length === 1 ? path : `${path} (${countText(files.length, "file")})`;
    return [name, rows, bytesText(bytes).padStart(8)];
  };
  return [
    ["", "rows", "    size"],
    row("training", training, manifest.counts.training_rows),
    row("future", future, manifest.counts.future_rows),
  ];
}

/** Training rows by mask. */
function countsOf({ counts, spec }: Manifest): (string | number)[][] {
  const share = (rows: number) => `${((100 * rows) / Math.max(1, counts.training_rows)).toFixed(1)} %`;
  const filled = spec.fill === "zero" ? "without a sales row: y is 0" : "without a sales row: y is null";
  const rows: [what: string, rows: number, why: string][] = [
    ["imputed", counts.imputed, filled],
    ["stockout", counts.stockout, "no stock at the end of the day: weight 0"],
    [
      "closed",
      counts.closed,
      `the store sold nothing at all${spec.closed_days === "mask" ? ": weight 0" : ""}`,
    ],
  ];
  return [
    ["", "rows", "", ""],
    ...rows.map(([what, number, why]) => [what, number, share(number).padStart(7), why]),
  ];
}

/** One line per class, with as many names as fit. */
function columnsByClass({ columns }: Manifest, width: number): string[] {
  const classes = [...new Set(columns.map((column) => column.class))];
  const room = width - 16;
  return [
    "columns",
    ...classes.map((name) => {
      const names = columns.filter((column) => column.class === name).map((column) => column.name);
      return `${name.padEnd(10)}${numberText(names.length).padStart(4)}  ${fitting(names, room)}`;
    }),
  ];
}

/** `a, b and 12 more`, within so many characters. */
function fitting(names: readonly string[], room: number): string {
  for (let shown = names.length; shown > 0; shown--) {
    const more = names.length - shown;
    const line = `${names.slice(0, shown).join(", ")}${more === 0 ? "" : ` and ${numberText(more)} more`}`;
    if (displayWidth(line) <= room || shown === 1) return line;
  }
  return "";
}

/** What the frame does not have, and why. */
function shortcomings(manifest: Manifest, program: string): string[] {
  const { counts, spec, missing, not_reconstructed, cutoff, known_until } = manifest;
  const prices = missing.list_price;
  const example = prices?.examples[0];
  const changes = not_reconstructed === null ? [] : changed(not_reconstructed);
  return [
    ...(known_until === cutoff
      ? []
      : [
          `the ${spec.freq} of the cutoff ${cutoff} is not complete: the frame uses facts up to ${known_until}`,
        ]),
    ...omitted(manifest, program),
    ...emptyColumns(manifest),
    ...cadenceNote(manifest, program),
    ...(prices === null || prices.periods === 0 || example === undefined
      ? []
      : [
          `no list price is planned for ${countText(prices.periods, spec.freq)} of ${countText(prices.series, "series", "series")} to forecast, ` +
            `such as ${example.unique_id} from ${example.from} to ${example.to}`,
        ]),
    ...(counts.series_without_sale === 0
      ? []
      : [
          `not in the frame: ${countText(counts.series_without_sale, "store and product", "stores and products")} with rows but without a sale`,
        ]),
    ...(counts.ended_series === 0
      ? []
      : [
          `without a sale for more than ${countText(spec.ended.after_days ?? 0, "day")}: ${countText(counts.ended_series, "series", "series")}, ${ended[spec.ended.policy]}`,
        ]),
    ...changes,
  ];
}

/** Drivers without facts, columns that could only be empty, and what could be added. */
function omitted({ left_out, offers }: Manifest, program: string): string[] {
  const whole = left_out.filter(({ columns }) => columns === null).map(({ driver }) => driver);
  const some = left_out.filter(({ columns }) => columns !== null);
  const count = some.reduce((sum, { columns }) => sum + (columns?.length ?? 0), 0);
  const names = some.flatMap(({ columns }) => columns ?? []);
  const [first] = some;
  const why = some.length === 1 ? first?.reason : `such as ${first?.columns?.[0]}: ${first?.reason}`;
  return [
    ...(whole.length === 0
      ? []
      : [`omitted, because there are no facts up to the cutoff: ${whole.join(", ")}`]),
    ...(count === 0 ? [] : [`omitted, because they would be empty: ${shortList(names)} (${why})`]),
    ...offers.map(({ driver, reason }) =>
      driver === "calendar"
        ? `${reason}: ${program} calendar --country CH, with your country`
        : `${reason}: add_drivers: [${driver}] in a spec makes features of it`,
    ),
  ];
}

/** Columns of which nine of ten training rows have no value. */
function emptyColumns({ columns, counts }: Manifest): string[] {
  // Of plans and the calendar, an empty cell says something: no promotion, no holiday.
  const facts = columns.filter(({ class: known }) => known === "historic" || known === "static");
  const nulls = facts.map(({ name, statistics }) => ({ name, nulls: statistics.training?.nulls ?? 0 }));
  const rows = Math.max(1, counts.training_rows);
  const all = nulls.filter((column) => column.nulls === counts.training_rows).map(({ name }) => name);
  const most = nulls
    .filter((column) => column.nulls >= 0.9 * rows && column.nulls < counts.training_rows)
    .map(({ name }) => name);
  return [
    ...(all.length === 0 ? [] : [`empty in the training frame: ${shortList(all)}`]),
    ...(most.length === 0 ? [] : [`mostly empty in the training frame: ${shortList(most)}`]),
  ];
}

const shortList = (names: readonly string[]) =>
  names.length <= 5
    ? names.join(", ")
    : `${names.slice(0, 4).join(", ")} and ${numberText(names.length - 4)} more`;

function cadenceNote({ cadence, spec }: Manifest, program: string): string[] {
  if (cadence === null || spec.freq !== "day") return [];
  if (cadence.weekday === null) {
    return [
      `the sales look monthly: all are on one day of the month. Then use --freq month (${program} help frame)`,
    ];
  }
  const index = weekdays.indexOf(cadence.weekday);
  const name = capital(cadence.weekday);
  return [
    `the sales look weekly: all are on a ${name}. Then use --freq week, and in the spec week_start: ` +
      `${cadence.weekday} if that is the first day of their week, or ${weekdays[(index + 1) % 7]} if it is the last`,
  ];
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const ended = {
  keep: "kept with zeros up to the cutoff",
  trim: "which end with their last sale and have nothing to forecast",
  drop: "not in the frame",
} as const;

function changed({ overwritten, dimensions_changed }: NonNullable<Manifest["not_reconstructed"]>): string[] {
  const listed = (tables: Readonly<Record<string, number>>) =>
    Object.entries(tables)
      .filter(([, rows]) => rows > 0)
      .map(([name, rows]) => `${name}: ${numberText(rows)}`)
      .join(", ");
  const [facts, dimensions] = [listed(overwritten), listed(dimensions_changed)];
  return [
    ...(facts === "" ? [] : [`overwritten since then, used with their new values: ${facts}`]),
    ...(dimensions === "" ? [] : [`added or changed since then, used as they are now: ${dimensions}`]),
  ];
}

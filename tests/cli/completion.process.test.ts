import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tableNames } from "../../src/cli/table-names.ts";
import { forecastlab } from "./support/command-line.ts";

/* The scripts are run by the shells they are for. */

const folder = mkdtempSync(join(tmpdir(), "completion-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { status, stdout } = await forecastlab(["completion", shell]);
    expect(status).toBe(0);
    writeFileSync(join(folder, `script.${shell}`), stdout);
  }
  for (const name of ["sales of May.csv", "stores.csv"]) writeFileSync(join(folder, name), "");
});

const installed = (shell: string) => spawnSync(shell, ["-c", "true"]).status === 0;

const runs = (shell: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(shell, args, { cwd: folder, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").filter(Boolean);
};

/** What can follow the words; the last one is being typed. */
const cases: readonly (readonly [typed: readonly string[], offered: readonly string[]])[] = [
  [["lo"], ["load", "loads"]],
  [
    ["db", "st"],
    ["start", "stop", "status"],
  ],
  [["load", ""], tableNames],
  [
    ["load", "--mapping", "x.yaml", "sal"],
    ["sales_daily", "sales_txn"],
  ],
  [["load", "store", "sto"], ["stores.csv"]],
  [["load", "store", "stores.csv", "sal"], ["sales of May.csv"]],
  [["load", "--mapping", "sal"], ["sales of May.csv"]],
  [
    ["load", "store", "--on-duplicate", ""],
    ["reject", "first", "last", "sum"],
  ],
  [
    ["frame", ""],
    ["audit", "readiness", "plot"],
  ],
  [
    ["frame", "--format", ""],
    ["parquet", "arrow", "csv"],
  ],
  [["frame", "audit", "--cut"], ["--cutoff"]],
  [["backtest", "sc"], ["score"]],
  [["backtest", "--fo"], ["--folds"]],
  [["backtest", "score", "--kn"], ["--known-at"]],
  [["backtest", "score", "sto"], ["stores.csv"]],
  [
    ["frame", "readiness", "--status", ""],
    ["fit", "fit_with_limits", "not_yet"],
  ],
  [
    ["rollup", "--on-net-negative", ""],
    ["zero", "reject"],
  ],
  [
    ["loads", "--table", "pr"],
    ["product", "price_history", "promotion"],
  ],
  [
    ["--json", "completion", ""],
    ["bash", "zsh", "fish"],
  ],
  [["help", "cal"], ["calendar"]],
  [["load", "store", "--qu"], ["--quiet"]],
];

describe("bash", () => {
  test.for(cases)("%j: %j", ([typed, offered]) => {
    const line =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: of bash
      'source script.bash; COMP_WORDS=(forecastlab "$@"); COMP_CWORD=$#; _forecastlab; printf "%s\\n" "${COMPREPLY[@]}"';
    expect(runs("bash", "-c", line, "bash", ...typed).toSorted()).toEqual([...offered].toSorted());
  });
});

describe.skipIf(!installed("fish"))("fish", () => {
  test.for(cases)("%j: %j", ([typed, offered]) => {
    const words = typed.map((word) => word.replaceAll(" ", "\\ ")).join(" ");
    const found = runs("fish", "--no-config", "-c", `source script.fish; complete -C 'forecastlab ${words}'`)
      .map((line) => line.split("\t")[0])
      // With a letter of a file's name, fish also offers names that have it elsewhere.
      .filter((name) => name?.startsWith(typed.at(-1) ?? ""));
    expect(found.toSorted()).toEqual([...offered].toSorted());
  });
});

describe.skipIf(!installed("zsh"))("zsh", () => {
  test("reads the script, and asks it", () => {
    runs("zsh", "-f", "-n", "script.zsh");
    const asked = `
      autoload -U compinit; compinit -u -D; source ./script.zsh
      compadd() { print -rl -- "\${@:#--}" }
      _describe() { print -rl -- \${\${(P)2}%%:*} }
      ask() { local -a words; words=(forecastlab "$@"); local CURRENT=$#words; _forecastlab }
      ask load ""; ask frame ""; ask load store --on-duplicate ""; ask db sta`;
    expect(runs("zsh", "-f", "-c", asked)).toEqual([
      ...tableNames,
      ...["audit", "readiness", "plot"],
      ...["reject", "first", "last", "sum"],
      ...["start", "stop", "status", "url", "psql"],
    ]);
  });
});

test("the script is also a field of --json", async () => {
  const { json } = await forecastlab(["completion", "bash", "--json"]);
  expect(json.script).toContain("complete -F _forecastlab forecastlab");
});

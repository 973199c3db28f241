import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { registerCommands } from "../../src/cli/commands/index.ts";
import { pathOf } from "../../src/cli/help.ts";
import { tableNames } from "../../src/cli/table-names.ts";
import { tableNames as modelTables } from "../../src/schema/tables.ts";
import { displayWidth } from "../../src/system/display-width.ts";
import { forecastlab } from "./support/command-line.ts";

/** The words of every command and subcommand: `["frame", "audit"]`. */
const commands = (() => {
  const program = new Command("forecastlab");
  registerCommands(program, () => async () => {});
  const below = (command: Command): Command[] => command.commands.flatMap((sub) => [sub, ...below(sub)]);
  return below(program).map((command) => pathOf(command).slice(1));
})();

const helpOf = async (...words: string[]) => (await forecastlab([...words, "--help"])).stdout;

describe("the help of every command", () => {
  test.for(commands.map((words) => [words.join(" "), words] as const))(
    "%s: usage, arguments and options, the global ones, then examples",
    async ([path, words]) => {
      const text = await helpOf(...words);
      expect(text.startsWith(`Usage: forecastlab ${path} `)).toBe(true);
      const places = ["Usage:", "\nOptions:", "\nGlobal options:", "\nExamples:"].map((part) =>
        text.indexOf(part),
      );
      expect(places).not.toContain(-1);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      for (const option of ["--json", "-q, --quiet", "--verbose", "--home <folder>", "-h, --help"]) {
        expect(text).toContain(`  ${option} `);
      }
      expect(text.split("Examples:")[1]).toContain(`$ forecastlab ${words[0]}`);
    },
  );

  test.for(commands.map((words) => [words.join(" "), words] as const))(
    "help %s prints the same and exits with 0",
    async ([, words]) => {
      const { status, stdout } = await forecastlab(["help", ...words]);
      expect({ status, stdout }).toEqual({ status: 0, stdout: await helpOf(...words) });
    },
  );

  test.for([50, 60, 80, 120, 200])("fits on a terminal of %i columns", async (columns) => {
    for (const words of [[], ...commands]) {
      const terminal = { isTTY: true, columns };
      const { stdout } = await forecastlab([...words, "--help"], { terminal, env: { NO_COLOR: "1" } });
      const widest = Math.max(...stdout.split("\n").map(displayWidth));
      expect(widest, `${words.join(" ")}\n${stdout}`).toBeLessThanOrEqual(columns);
    }
  });

  test("starts with how the program is called here", async () => {
    const { stdout } = await forecastlab(["load", "--help"], { program: "npx forecastlab" });
    expect(stdout).toContain("Usage: npx forecastlab load ");
    expect(stdout).toContain("$ npx forecastlab load store stores.csv");
    expect(stdout).not.toMatch(/\$ forecastlab/);
  });

  test("has titles in bold on a terminal, and no colors elsewhere", async () => {
    const terminal = { isTTY: true, columns: 80 };
    expect((await forecastlab(["load", "--help"], { terminal })).stdout).toContain("\x1b[1mUsage:\x1b[22m");
    expect(await helpOf("load")).not.toContain("\x1b");
  });
});

describe("help names", () => {
  test("all tables, those of the model", async () => {
    expect([...tableNames]).toEqual(modelTables);
    const text = (await helpOf("load")).replaceAll(/\s+/g, " ");
    expect(text).toContain(`the table to load (${tableNames.join(", ")})`);
  });

  test.for([
    ["calendar", "--from <date> --to <date> [options]", ["--from", "--to"]],
    ["revision", "-m <text> [options]", ["--message"]],
    ["frame", "--out <file> --cutoff <date> --horizon <N>", ["--out", "--cutoff", "--horizon"]],
    ["backtest", "--cutoff <date> --horizon <N> [options]", ["--cutoff", "--horizon"]],
    ["frame audit", "--cutoff <date> --horizon <N> [options]", ["--cutoff", "--horizon"]],
    ["frame readiness", "--cutoff <date> --horizon <N> [options]", ["--cutoff", "--horizon"]],
  ] as const)(
    "the required options of %s, in the usage and below a heading",
    async ([path, usage, options]) => {
      const text = await helpOf(...path.split(" "));
      expect(text).toContain(`Usage: forecastlab ${path} ${usage}`);
      const required = /Required options:\n([\s\S]*?)\n\n/.exec(text)?.[1];
      for (const option of options) expect(required).toContain(option);
    },
  );
});

describe("without a command", () => {
  test.for([[], ["db"]])("%j prints help on stdout and exits with 1, as git and npm do", async (words) => {
    const { status, stdout, stderr } = await forecastlab(words);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toBe(await helpOf(...words));
  });
});

describe("a mistyped word is one sentence with what was meant", () => {
  test.for([
    ["laod", "Unknown command 'laod' (did you mean load?)."],
    ["db statsu", "Unknown command 'statsu' (did you mean status?)."],
    ["frame audti --cutoff 2024-01-01", "frame has no subcommand 'audti' (did you mean audit?)."],
    ["backtest scroe f.parquet", "backtest has no subcommand 'scroe' (did you mean score?)."],
    ["frame xyzzy", "frame has no subcommand 'xyzzy'."],
    ["help laod", "There is no command 'laod' (did you mean load?)."],
    ["help db ulr", "There is no command 'db ulr' (did you mean url?)."],
    ["loads --limt 3", "Unknown option '--limt' (did you mean --limit?)."],
    [
      "completion tcsh",
      "Command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.",
    ],
  ] as const)("%s: %s", async ([line, sentence]) => {
    const { status, stdout, stderr } = await forecastlab(line.split(" "));
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr.split("\n")[0]).toBe(`error ${sentence} [USAGE]`);
  });
});

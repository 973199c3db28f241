import type { AddHelpTextContext, Argument, Command, HelpConfiguration, Option } from "commander";
import { padEnd } from "../system/display-width.ts";
import type { Output } from "./render/output.ts";
import { paintedWidth } from "./render/palette.ts";
import { wrapped } from "./render/wrap.ts";

/* Help, the same for every command: usage, arguments, required options, options, global options, examples. */

/** The heading of options that a command cannot do without. */
export const requiredOptions = "Required options:";

/** Lines longer than this are hard to read, however wide the terminal is. */
const widest = 100;

export const helpWidth = ({ width }: Pick<Output, "width">): number => Math.min(width, widest);

export function helpConfiguration(output: Output): HelpConfiguration {
  return {
    showGlobalOptions: true,
    visibleGlobalOptions: (command) => (command.parent === null ? [] : globalOptions(rootOf(command))),
    commandUsage: (command) => usageOf(command, helpWidth(output)),
    subcommandTerm: (command) => command.name(),
    optionDescription: described,
    argumentDescription: described,
    commandDescription: (command) => sentence(command.description()),
    formatItem: (term, termWidth, description) => item(term, termWidth, description, helpWidth(output)),
    styleTitle: (title) => output.colors.bold(title === "Global Options:" ? "Global options:" : title),
    displayWidth: paintedWidth,
  };
}

/** A term with its description to the right, or below it if there is little room. */
function item(term: string, termWidth: number, description: string, width: number): string {
  const first = `  ${padEnd(term, termWidth)}  `;
  if (width - first.length >= 30) return wrapped(`${first}${description}`, width, first.length).join("\n");
  return [`  ${term}`, ...wrapped(`      ${description}`, width)].join("\n");
}

/** Puts the required options of all commands below a heading of their own. */
export function markRequiredOptions(command: Command): void {
  for (const option of command.options) if (option.mandatory) option.helpGroup(requiredOptions);
  for (const subcommand of command.commands) markRequiredOptions(subcommand);
}

/** Examples at the end of a command's help: `.addHelpText("after", examples("load store stores.csv"))`. */
export function examples(...lines: string[]): (context: AddHelpTextContext) => string {
  return ({ command }) => {
    const root = rootOf(command);
    const shown = lines.flatMap((line) => typed(`${root.name()} ${line}`, widthIn(root)));
    return `\n${command.createHelp().styleTitle("Examples:")}\n${shown.join("\n")}`;
  };
}

/** Paragraphs at the end of a command's help, wrapped. `program` is how the program is called. */
export function notes(text: (program: string) => string): (context: AddHelpTextContext) => string {
  return ({ command }) => {
    const root = rootOf(command);
    const paragraphs = text(root.name()).split("\n");
    return `\n${paragraphs.flatMap((paragraph) => wrapped(paragraph, widthIn(root), 0)).join("\n")}`;
  };
}

const widthIn = (root: Command) => root.configureOutput().getOutHelpWidth?.() ?? 80;

/** Names the valid values in help and completion; unlike `choices`, they are checked elsewhere. */
export function named<T extends Option | Argument>(what: T, values: readonly string[]): T {
  what.argChoices = [...values];
  return what;
}

/** A command as it is typed: if it is too long for a line, on several, each but the last ending in a backslash. */
function typed(command: string, width: number): string[] {
  const words = command.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? [];
  const lines = ["  $"];
  words.forEach((word, index) => {
    // An option stays with its value.
    const value = words[index + 1];
    const taken = word.startsWith("-") && value !== undefined && !value.startsWith("-") ? ` ${value}` : "";
    const longer = `${lines.at(-1)} ${word}`;
    if (index < 2 || `${longer}${taken} \\`.length <= width) lines[lines.length - 1] = longer;
    else lines.push(`      ${word}`);
  });
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** `Usage:` and below it, indented, what does not fit into the line. */
function usageOf(command: Command, width: number): string {
  const path = pathOf(command).join(" ");
  const required = command.options.filter((option) => option.helpGroupHeading === requiredOptions);
  const group = command.commands.length > 0;
  const names = command.registeredArguments.map(argumentName);
  const own = [path, ...required.map(flagOf), "[options]", ...names].join(" ");
  const usages = [
    ...(group && required.length === 0 ? [] : [own]),
    ...(group ? [`${path} <command> [options]`] : []),
  ];
  const room = width - "Usage: ".length;
  return usages.flatMap((usage) => wrapped(usage, room)).join("\n       ");
}

/** `--cutoff <date>`, `-m <text>` */
const flagOf = ({ short, long, flags }: Option) =>
  `${short ?? long} ${/[<[].*$/.exec(flags)?.[0] ?? ""}`.trim();

function argumentName(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** The names that lead to a command, the program's first. */
export const pathOf = (command: Command): string[] =>
  command.parent === null ? [command.name()] : [...pathOf(command.parent), command.name()];

export const rootOf = (command: Command): Command =>
  command.parent === null ? command : rootOf(command.parent);

const globalOptions = (program: Command) => program.options.filter(({ long }) => long !== "--version");

/** With the valid values and the default, if the text does not name them. */
function described(of: Option | Argument): string {
  const { description, argChoices, defaultValue } = of;
  const standard =
    of.defaultValueDescription ?? (typeof defaultValue === "string" ? defaultValue : undefined);
  const known = [
    ...(argChoices === undefined ? [] : [argChoices.join(", ")]),
    ...(standard === undefined ? [] : [`default: ${standard}`]),
  ];
  return known.length === 0 ? description : `${description} (${known.join("; ")})`;
}

/** `load files` as `Load files.` */
const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/\.$/.test(text) ? "" : "."}`;

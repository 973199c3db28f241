import type { Command } from "commander";
import { didYouMean } from "../../system/did-you-mean.ts";
import { examples, type RegisterCommand } from "../command.ts";

/** Needs no settings, so that it works where they are not valid. */
export const registerHelp: RegisterCommand = (program) => {
  program
    .command("help")
    .description("show the help of a command")
    .argument("[command...]", "a command, and its subcommand if it has any")
    .addHelpText("after", examples("help", "help load", "help frame audit"))
    .action((words: string[]) => commandAt(program, words).help());
};

/** The command that the words lead to. */
function commandAt(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const found = command.commands.find((candidate) => candidate.name() === word);
    if (found !== undefined) return found;
    const names = command.commands.map((candidate) => candidate.name());
    const hint = didYouMean(word, names);
    return program.error(`There is no command '${words.join(" ")}'${hint === undefined ? "" : ` (${hint})`}`);
  }, program);
}

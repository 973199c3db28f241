import { Argument, type Command, type Option } from "commander";
import { examples, notes, type RegisterCommand } from "../command.ts";
import { pathOf, rootOf } from "../help.ts";

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

export const registerCompletion: RegisterCommand = (program, action) => {
  program
    .command("completion")
    .description("print a script that lets a shell complete commands, options and their values")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText(
      "after",
      notes(
        (program) =>
          "Add a line to ~/.bashrc, to ~/.zshrc (after compinit) or to ~/.config/fish/config.fish:\n" +
          `  eval "$(${program} completion bash)"\n` +
          `  eval "$(${program} completion zsh)"\n` +
          `  ${program} completion fish | source\n` +
          "Shells complete the word forecastlab. With npx, add this too:\n" +
          "  alias forecastlab='npx forecastlab'",
      ),
    )
    .addHelpText(
      "after",
      examples("completion bash", "completion fish > ~/.config/fish/completions/forecastlab.fish"),
    )
    .action(
      action(async ({ output }, shell: Shell) => {
        const script = completionScript(program, shell);
        output.result({ shell, script });
        output.data(script);
        return 0;
      }),
    );
};

/** The script for a shell, made from the commands themselves. Descriptions are shown by zsh and fish. */
export const completionScript = (program: Command, shell: Shell): string =>
  scripts[shell](placesIn(program)).join("\n");

/** What can be written next: one of the values, a file, a folder, or anything. */
type Values = readonly string[] | "file" | "folder" | "text";

interface Word {
  readonly name: string;
  readonly description: string;
}

/** What can follow a command. */
interface Place {
  /** `forecastlab frame audit` */
  readonly path: string;
  readonly subcommands: readonly Word[];
  readonly options: readonly (Word & { readonly short: string | undefined; readonly value?: Values })[];
  readonly arguments: readonly Values[];
  /** Whether the last argument can be repeated. */
  readonly variadic: boolean;
}

function placesIn(command: Command): Place[] {
  const globals =
    command.parent === null ? [] : rootOf(command).options.filter(({ long }) => long !== "--version");
  const help = { name: "--help", short: "-h", description: "show help" };
  const options = [...command.options, ...globals].map((option) => ({
    name: option.long ?? "",
    short: option.short,
    description: option.description,
    ...(option.required ? { value: valuesOf(option, option.flags) } : {}),
  }));
  const place: Place = {
    path: ["forecastlab", ...pathOf(command).slice(1)].join(" "),
    subcommands: command.commands.map((subcommand) => ({
      name: subcommand.name(),
      description: subcommand.description(),
    })),
    options: [...options, help],
    arguments: command.registeredArguments.map((argument) =>
      argument.name() === "command"
        ? rootOf(command).commands.map((known) => known.name())
        : valuesOf(argument, argument.name()),
    ),
    variadic: command.registeredArguments.at(-1)?.variadic ?? false,
  };
  return [place, ...command.commands.flatMap(placesIn)];
}

function valuesOf({ argChoices }: Option | Argument, name: string): Values {
  if (argChoices !== undefined) return argChoices;
  return name.includes("file") ? "file" : name.includes("folder") ? "folder" : "text";
}

/** The path of every subcommand, and the flags that are followed by a value: what the scripts need to find their place. */
const pathsOf = (places: readonly Place[]) => places.slice(1).map(({ path }) => path);

const flagsWithValue = (places: readonly Place[]) => [
  ...new Set(
    places.flatMap(({ options }) =>
      options.flatMap(({ name, short, value }) =>
        value === undefined ? [] : short === undefined ? [name] : [name, short],
      ),
    ),
  ),
];

/** In single quotes, as all three shells read it. */
const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "’")}'`;

/** Bash and zsh: finds the command (`at`) and how many arguments it has so far (`position`). */
function walk(places: readonly Place[], words: string, from: number, until: string): string[] {
  return [
    "  local at=forecastlab position=0 word i",
    `  for ((i = ${from}; i < ${until}; i++)); do`,
    `    word="${words}"`,
    '    case "$at $word" in',
    `      ${pathsOf(places)
      .map((path) => `"${path}"`)
      .join(" | ")}) at="$at $word" ;;`,
    "      *)",
    '        case "$word" in',
    `          ${flagsWithValue(places).join(" | ")}) ((++i)) ;;`,
    "          -*) ;;",
    "          *) ((++position)) ;;",
    "        esac",
    "        ;;",
    "    esac",
    "  done",
  ];
}

/** The branches of a case over `COMMAND:FLAG` or `COMMAND:POSITION`. */
function branches(places: readonly Place[], offer: (values: Values) => string | undefined): string[] {
  const branch = (pattern: string, values: Values) => {
    const command = offer(values);
    return command === undefined ? [] : [`    ${pattern}) ${command} ;;`];
  };
  return places.flatMap(({ path, options, arguments: given, variadic }) => [
    ...options.flatMap(({ name, short, value }) => {
      if (value === undefined) return [];
      const flags = [name, ...(short === undefined ? [] : [short])];
      return branch(flags.map((flag) => `"${path}:${flag}"`).join(" | "), value);
    }),
    ...given.flatMap((values, index) =>
      branch(variadic && index === given.length - 1 ? `"${path}:"*` : `"${path}:${index}"`, values),
    ),
  ]);
}

const scripts: Record<Shell, (places: readonly Place[]) => string[]> = {
  bash: (places) => [
    "# Completion of forecastlab for bash.",
    "_forecastlab() {",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of bash
    ...walk(places, "${COMP_WORDS[i]}", 1, "COMP_CWORD"),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of bash
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" next="" files=""',
    '  case "$at" in',
    ...places.map(({ path, subcommands, options }) => {
      const flags = options.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short]));
      const commands = subcommands.map(({ name }) => name).join(" ");
      return `    "${path}") next=${quoted(commands)}; [[ $current == -* ]] && next=${quoted(flags.join(" "))} ;;`;
    }),
    "  esac",
    '  local key="$at:$position"',
    `  case "$previous" in ${flagsWithValue(places).join(" | ")}) key="$at:$previous"; next="" ;; esac`,
    '  [[ $current == -* ]] && key=""',
    '  case "$key" in',
    ...branches(places, (values) =>
      values === "text"
        ? undefined
        : values === "file"
          ? "files=-f"
          : values === "folder"
            ? "files=-d"
            : `next=${quoted(values.join(" "))}`,
    ),
    "  esac",
    "  COMPREPLY=()",
    "  local reply",
    // Names of files may have spaces, so every line is one of them.
    '  while IFS= read -r reply; do COMPREPLY+=("$reply"); done < <(compgen -W "$next" -- "$current"; [[ -n $files ]] && compgen "$files" -- "$current")',
    "  [[ -n $files ]] && compopt -o filenames 2> /dev/null",
    "  return 0",
    "}",
    "complete -F _forecastlab forecastlab",
  ],
  zsh: (places) => {
    const described = (words: readonly Word[]) =>
      words.map(({ name, description }) => quoted(`${name}:${description}`)).join(" ");
    return [
      "#compdef forecastlab",
      "# Completion of forecastlab for zsh.",
      "_forecastlab() {",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: of zsh
      ...walk(places, "${words[i]}", 2, "CURRENT"),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: of zsh
      '  local current="${words[CURRENT]}" previous="${words[CURRENT-1]}"',
      "  local -a next",
      `  case "$previous" in ${flagsWithValue(places).join(" | ")}) position="$previous" ;; esac`,
      '  if [[ "$current" != -* ]]; then',
      '  case "$at:$position" in',
      ...branches(places, (values) =>
        values === "text"
          ? undefined
          : values === "file"
            ? "_files; return"
            : values === "folder"
              ? "_files -/; return"
              : `compadd -- ${values.join(" ")}; return`,
      ),
      "  esac",
      "  fi",
      '  case "$at" in',
      ...places.map(
        ({ path, subcommands, options }) =>
          `    "${path}") if [[ "$current" == -* ]]; then next=(${described(options)}); else next=(${described(subcommands)}); fi ;;`,
      ),
      "  esac",
      "  _describe forecastlab next",
      "}",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: of zsh
      'if [[ "${funcstack[1]}" == _forecastlab ]]; then _forecastlab "$@"; else compdef _forecastlab forecastlab; fi',
    ];
  },
  fish: (places) => [
    "# Completion of forecastlab for fish.",
    "function __forecastlab_at --description 'at this command, with so many arguments so far'",
    "    set -l at forecastlab",
    "    set -l position 0",
    "    set -l skip 0",
    "    for word in (commandline -opc)[2..-1]",
    "        if test $skip = 1",
    "            set skip 0",
    `        else if contains -- "$at $word" ${pathsOf(places).map(quoted).join(" ")}`,
    '            set at "$at $word"',
    `        else if contains -- $word ${flagsWithValue(places).join(" ")}`,
    "            set skip 1",
    "        else if not string match -q -- '-*' $word",
    "            set position (math $position + 1)",
    "        end",
    "    end",
    '    test "$at" = "$argv[2]"; or return 1',
    '    test "$argv[1]" = any; and return 0',
    "    test $skip = 0 -a $position -ge $argv[1]; or return 1",
    "    test (count $argv) -lt 3; or test $position -le $argv[3]",
    "end",
    "complete -c forecastlab -f",
    ...places.flatMap(({ path, subcommands, options, arguments: given, variadic }) => {
      const at = (position: string) => `complete -c forecastlab -n "__forecastlab_at ${position}"`;
      const offered = (values: Values) =>
        values === "text"
          ? undefined
          : values === "file"
            ? "-F"
            : values === "folder"
              ? "-a '(__fish_complete_directories)'"
              : `-a ${quoted(values.join(" "))}`;
      return [
        ...subcommands.map(
          ({ name, description }) => `${at(`any '${path}'`)} -a ${name} -d ${quoted(description)}`,
        ),
        ...options.map(({ name, short, description, value }) => {
          const letter = short === undefined ? "" : ` -s ${short.slice(1)}`;
          const offer = value === undefined ? undefined : offered(value);
          const values =
            value === undefined ? "" : offer === "-F" ? " -r -F" : ` -x ${offer ?? ""}`.trimEnd();
          return `${at(`any '${path}'`)} -l ${name.slice(2)}${letter} -d ${quoted(description)}${values}`;
        }),
        ...given.flatMap((values, index) => {
          const last = variadic && index === given.length - 1 ? "" : ` ${index}`;
          const offer = offered(values);
          return offer === undefined ? [] : [`${at(`${index} '${path}'${last}`)} ${offer}`];
        }),
      ];
    }),
  ],
};

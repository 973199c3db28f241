import { InvalidArgumentError, Option } from "commander";

/**
 * The option for how long a command waits for others.
 *
 * @param whom what it waits for
 * @param default_s seconds, for the help
 */
export function lockWaitOption(whom: string, default_s: number): Option {
  return new Option("--lock-wait <seconds>", `how long to wait for ${whom} (default ${default_s})`).argParser(
    (text) => {
      if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("Write a whole number of seconds.");
      return Number(text);
    },
  );
}

export const monthWaitOption = (): Option => lockWaitOption("another load of the same months", 3600);

import type { Command } from "commander";
import type { Action, RegisterCommand } from "../command.ts";
import { registerDb } from "./db.ts";

/** Every command, in the order `--help` shows them. */
const commands: RegisterCommand[] = [registerDb];

export function registerCommands(program: Command, action: Action): void {
  for (const register of commands) register(program, action);
}

import { InvalidArgumentError } from "commander";
import type { EmbeddedStatus } from "../../database/embedded/index.ts";
import type { Context, RegisterCommand } from "../command.ts";
import { examples, notes } from "../command.ts";
import { runPsql } from "./psql.ts";
import { printUrl } from "./url.ts";

export const registerDb: RegisterCommand = (program, action) => {
  const db = program
    .command("db")
    .description("the database server: embedded, unless DATABASE_URL names one")
    .enablePositionalOptions()
    .addHelpText(
      "after",
      examples("db start", "db status --json", 'db psql -c "SELECT count(*) FROM store"', "db stop"),
    );

  db.command("start")
    .description("start the embedded server and keep it running")
    .option(
      "--port <number>",
      "let programs of this machine connect with a password, 1024 to 65535 (default: socket only)",
      portNumber,
    )
    .addHelpText(
      "after",
      notes(
        (program) =>
          "With --port it also listens on that port of 127.0.0.1, for clients that know no sockets, until it " +
          `is stopped. They need the password; "${program} db url --tcp --show-password" prints it.`,
      ),
    )
    .addHelpText("after", examples("db start", "db start --port 5433", "db start --home /srv/shop"))
    .action(action(start));

  db.command("stop")
    .description("stop the embedded server when no command uses it")
    .option("--force", "stop it now; commands that use it fail and roll back")
    .addHelpText("after", examples("db stop", "db stop --force"))
    .action(action(stop));

  db.command("status")
    .description("show which server is used, whether it is running, and which commands use it")
    .addHelpText("after", examples("db status", "db status --json"))
    .action(action(status));

  db.command("url")
    .description("print the connection string, for psql, DuckDB and every PostgreSQL driver")
    .option("-d, --database <name>", "another database of the same server")
    .option("--tcp", "through the port of db start --port, for clients that know no sockets")
    .option("--show-password", "print the password too, where there is one")
    .addHelpText(
      "after",
      notes(
        (program) =>
          `For example: psql "$(${program} db url)"\n` +
          "The embedded server is reached through a socket only you can open, and needs no password there. " +
          "A password of DATABASE_URL (and the random one of the embedded server's port) is printed as *** " +
          "unless you ask for it.",
      ),
    )
    .addHelpText("after", examples("db url", "db url --database postgres", "db url --tcp --show-password"))
    .action(action(printUrl));

  db.command("psql")
    .description("run psql on the warehouse")
    .argument("[args...]", "passed to psql unchanged")
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText("after", examples("db psql", 'db psql -c "SELECT * FROM store"', "db psql -- --version"))
    .action(action((context, args: string[]) => runPsql(context, args)));
};

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1024 && port <= 65_535) return port;
  throw new InvalidArgumentError("Write a number from 1024 to 65535.");
}

async function start({ settings, output, streams }: Context, options: { port?: number }): Promise<undefined> {
  if (settings.databaseUrl !== undefined) return nothingToDo(settings.databaseUrl, output, "start");
  const [{ startEmbedded }, { whileDoing }] = await Promise.all([
    import("../../database/embedded/index.ts"),
    import("../render/progress.ts"),
  ]);
  const server = await whileDoing(
    output,
    streams.stderr,
    "starting PostgreSQL",
    startEmbedded(settings, options),
  );
  output.result(server);
  output.report(`PostgreSQL ${server.version} is running (process ${server.pid}), data in ${server.data}`);
  if (server.listens) {
    output.report(`It listens on 127.0.0.1, port ${server.port}, with a password.`);
    output.note(`Show how to connect with: ${output.program} db url --tcp --show-password`);
  }
  output.note(`Stop it with: ${output.program} db stop`);
}

async function stop({ settings, output }: Context, options: { force?: boolean }): Promise<undefined> {
  if (settings.databaseUrl !== undefined) return nothingToDo(settings.databaseUrl, output, "stop");
  const { stopEmbedded } = await import("../../database/embedded/index.ts");
  const stopped = await stopEmbedded(settings, options);
  output.result(stopped);
  if (stopped.outcome === "stopped") output.report("The embedded server is stopped.");
  if (stopped.outcome === "not running") output.report("The embedded server was not running.");
  if (stopped.outcome === "later") {
    output.report(`The embedded server stops when ${users(stopped.commands)} done.`);
    output.note(`Stop it at once with: ${output.program} db stop --force`);
  }
}

async function status({ settings, output }: Context): Promise<undefined> {
  if (settings.databaseUrl !== undefined) {
    const { databaseOf, withClient } = await import("../../database/connection.ts");
    const database = databaseOf(settings.databaseUrl);
    const version = await withClient(database, async (client) => {
      const { rows } = await client.query<{ version: string }>(
        "SELECT current_setting('server_version') AS version",
      );
      return rows[0]?.version;
    });
    output.result({ state: "external", server: database.label, version });
    output.line(`PostgreSQL ${version} at ${database.label} (DATABASE_URL)`);
    return;
  }
  const { embeddedStatus } = await import("../../database/embedded/index.ts");
  const server = await embeddedStatus(settings);
  output.result(server);
  for (const line of described(server)) output.line(line);
}

/** The state of the embedded server for people. */
function described(server: EmbeddedStatus): string[] {
  if (server.state === "absent")
    return [`no embedded server in ${server.home} yet; the first command creates one`];
  const stored = [`data     ${server.data}`, `log      ${server.log}`];
  if (server.state === "stopped") return [`stopped  PostgreSQL ${server.version}`, ...stored];
  const until = server.keeps_running ? "until db stop" : "until the last command is done";
  return [
    `running  PostgreSQL ${server.version}, process ${server.pid}, ${until}`,
    ...stored,
    `address  ${addresses(server).join(" and ")}`,
    `used by  ${server.commands.length === 0 ? "no command" : server.commands.map((pid) => `process ${pid}`).join(", ")}`,
  ];
}

/** Where clients find a running server. */
function addresses({ host, port, listens }: EmbeddedStatus): string[] {
  const network = listens ? [`127.0.0.1:${port}`] : [];
  return host === undefined || host === "127.0.0.1" ? network : [host, ...network];
}

async function nothingToDo(url: string, output: Context["output"], verb: string): Promise<undefined> {
  const { databaseOf } = await import("../../database/address.ts");
  const { label } = databaseOf(url);
  output.result({ state: "external", server: label });
  output.report(`Nothing to ${verb}: DATABASE_URL points to your own server, ${label}.`);
  output.note("Unset DATABASE_URL to use the embedded server.");
}

function users(commands: readonly number[]): string {
  const list = commands.join(", ");
  return commands.length === 1
    ? `the command using it (process ${list}) is`
    : `the commands using it (processes ${list}) are`;
}

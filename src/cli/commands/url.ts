import type { Context } from "../command.ts";

interface UrlOptions {
  readonly tcp?: boolean;
  readonly showPassword?: boolean;
  readonly database?: string;
}

/** Prints the connection string of the warehouse's server. @throws USAGE, EMBEDDED_NOT_RUNNING, EMBEDDED_NOT_LISTENING */
export async function printUrl({ settings, output }: Context, options: UrlOptions): Promise<undefined> {
  const [{ embeddedUrl }, { databaseBeside, databaseOf, shownUrl }, { fail, maskSecrets }] =
    await Promise.all([
      import("../../database/embedded/index.ts"),
      import("../../database/address.ts"),
      import("../../errors.ts"),
    ]);
  if (options.tcp && settings.databaseUrl !== undefined) {
    const problem = "--tcp is for the embedded server, and DATABASE_URL points to your own server.";
    throw fail("USAGE", { problem });
  }
  // The PG… variables of the environment are not meant for the embedded server.
  const warehouse =
    settings.databaseUrl === undefined
      ? databaseOf(await embeddedUrl(settings, { port: options.tcp ?? false }), {})
      : databaseOf(settings.databaseUrl);
  const database = options.database === undefined ? warehouse : databaseBeside(warehouse, options.database);
  const complete = shownUrl(database);
  const shown = options.showPassword ? complete : maskSecrets(complete);
  output.result({ url: shown });
  output.data(shown);
  if (shown !== complete) output.note("The password is not shown; --show-password prints it.");
}

// Loads the library as root and then becomes an ordinary user, because its files may be where that user cannot read them.
// Prints the answer of the embedded server, or the error, as JSON.
const [uid, gid, home, postgresBin] = process.argv.slice(2);
const dist = new URL("../../../dist/", import.meta.url);
const { withEmbeddedServer } = await import(new URL("database/embedded/index.js", dist));
const { withClient } = await import(new URL("database/connection.js", dist));
process.setgroups([]);
process.setgid(Number(gid));
process.setuid(Number(uid));

const settings = { home, databaseUrl: undefined, postgresBin: postgresBin || undefined };
const sql = "SELECT current_user AS name, current_setting('server_version') AS version";
try {
  const ask = (database) => withClient(database, (client) => client.query(sql));
  const { rows } = await withEmbeddedServer(settings, ask, { sync: false });
  console.log(JSON.stringify({ uid: process.getuid(), ...rows[0] }));
} catch (error) {
  console.log(JSON.stringify({ uid: process.getuid(), error }));
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readSettings } from "../../src/database/settings.ts";

describe("settings", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });
  const folderWith = (files: Record<string, string> = {}) => {
    const folder = mkdtempSync(join(tmpdir(), "forecastlab-settings-"));
    folders.push(folder);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return folder;
  };

  test("default to the embedded server in .forecastlab of the folder", async () => {
    const folder = folderWith();
    expect(await readSettings({}, folder)).toEqual({
      home: join(folder, ".forecastlab"),
      databaseUrl: undefined,
      postgresBin: undefined,
    });
  });

  test("in the environment override the file, and paths are relative to the folder", async () => {
    const folder = folderWith({
      "forecastlab.config.yaml": "home: data\ndatabaseUrl: postgresql://file/db\n",
    });
    expect(await readSettings({}, folder)).toMatchObject({
      home: join(folder, "data"),
      databaseUrl: "postgresql://file/db",
    });
    const environment = { FORECASTLAB_HOME: "/srv/shop", DATABASE_URL: "postgres://environment/db" };
    expect(await readSettings(environment, folder)).toMatchObject({
      home: "/srv/shop",
      databaseUrl: "postgres://environment/db",
    });
  });

  test("treat an empty DATABASE_URL as not set", async () => {
    expect((await readSettings({ DATABASE_URL: "" }, folderWith())).databaseUrl).toBeUndefined();
  });

  test("may be JSON instead of YAML", async () => {
    const folder = folderWith({ "forecastlab.config.json": '{"home": "data"}' });
    expect((await readSettings({}, folder)).home).toBe(join(folder, "data"));
  });

  test("with an unknown name are refused, with the known names", async () => {
    const folder = folderWith({ "forecastlab.config.yaml": "databaseURL: postgresql://x/y" });
    await expect(readSettings({}, folder)).rejects.toMatchObject({
      code: "SETTING_INVALID",
      exitCode: 2,
      message: expect.stringContaining(
        "unknown name databaseURL (did you mean databaseUrl?); known are home, ",
      ),
    });
  });

  test.for(["mysql://user:hunter2@host/db", "user:hunter2@host", "postgresql://user:hunter2@ho st/db"])(
    "with an invalid PostgreSQL URL are refused without repeating its password: %s",
    async (url) => {
      const error = await readSettings({ DATABASE_URL: url }, folderWith()).catch((e) => e);
      expect(error).toMatchObject({ code: "SETTING_INVALID" });
      expect(JSON.stringify(error) + error.stack).not.toContain("hunter2");
    },
  );

  test("that are not YAML are refused with the number of the line, without quoting it", async () => {
    const folder = folderWith({
      "forecastlab.config.yaml": "home: x\ndatabaseUrl: postgresql://u:hunter2@h/d: [",
    });
    const error = await readSettings({}, folder).catch((e) => e);
    expect(error.message).toContain("it is not YAML (line 2)");
    expect(JSON.stringify(error) + error.stack).not.toContain("hunter2");
  });
});

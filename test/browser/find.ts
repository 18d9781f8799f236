// Finds the browsers installed on this machine.

import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { env } from "node:process";

export type BrowserName = "chromium" | "firefox";

/** The environment variable that names a browser's program, and the names to search for otherwise. */
const PROGRAMS: Record<BrowserName, { variable: string; names: string[] }> = {
  chromium: {
    variable: "WASMLP_CHROMIUM",
    names: ["/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  },
  firefox: { variable: "WASMLP_FIREFOX", names: ["/usr/bin/firefox-esr", "firefox-esr", "firefox"] },
};

/** Path of a browser; undefined if it is not installed. Throws if the environment variable names a missing program. */
export function findBrowser(browser: BrowserName): string | undefined {
  const { variable, names } = PROGRAMS[browser];
  const named = env[variable];
  if (named === undefined || named === "") return names.flatMap(candidates).find(isProgram);
  if (!isProgram(named)) throw new Error(`"${variable}" must name a program, and there is none at ${named}`);
  return named;
}

/** Possible paths of a program: the name itself if it is absolute, else in each folder of PATH. */
function candidates(name: string): string[] {
  if (name.startsWith("/")) return [name];
  return (env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
}

function isProgram(path: string): boolean {
  try {
    accessSync(resolve(path), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The reason given when the tests in a browser are skipped. */
export function missing(browser: BrowserName): string {
  return `no ${browser} found: install it, or name it in ${PROGRAMS[browser].variable}`;
}

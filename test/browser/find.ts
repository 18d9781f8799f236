// Where this machine has browsers.

import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { env } from "node:process";

export type BrowserName = "chromium" | "firefox";

/** A variable that names the program, then names to look for. */
const PROGRAMS: Record<BrowserName, { variable: string; names: string[] }> = {
  chromium: {
    variable: "WASMLP_CHROMIUM",
    names: ["/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  },
  firefox: { variable: "WASMLP_FIREFOX", names: ["/usr/bin/firefox-esr", "firefox-esr", "firefox"] },
};

/** The program of a browser; undefined where there is none. Error if a variable names one that is not there. */
export function findBrowser(browser: BrowserName): string | undefined {
  const { variable, names } = PROGRAMS[browser];
  const named = env[variable];
  if (named === undefined || named === "") return names.flatMap(places).find(isProgram);
  if (!isProgram(named)) throw new Error(`"${variable}" must name a program, and there is none at ${named}`);
  return named;
}

/** Where a program of this name can be: at that very place, or in any folder of PATH. */
function places(name: string): string[] {
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

/** Why the tests in a browser cannot run here, if they cannot. */
export function missing(browser: BrowserName): string {
  return `no ${browser} found: install it, or name it in ${PROGRAMS[browser].variable}`;
}

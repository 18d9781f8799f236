// The package's version, read from its package.json, which is in the parent folder of the bundled program.

import { createRequire } from "node:module";

export const VERSION = (createRequire(import.meta.url)("../package.json") as { version: string }).version;
